/** The part of a prompt that is worth keeping is the one that an earlier prompt began with too. */
import { expect, it } from "vitest";
import { KeptPrefix } from "../../../extension/engine/models/kept-prefix.ts";
import type { Message } from "../../../extension/engine/models/language-model.ts";

const CODE = "a line of code\n".repeat(400);
const prompt = (idea: string): Message[] => [
  { role: "system", content: "You are." },
  { role: "user", content: `${CODE}${idea}` },
];

it("is none the first time, and from then on ends with the last line that is the same", () => {
  const kept = new KeptPrefix();
  expect(kept.take(prompt("# Adam\nmore"))).toBeNull();
  expect(kept.take(prompt("# Aardvark\nmore"))).toEqual({ message: 1, at: CODE.length });
  expect(kept.take(prompt("# Cosine\n"))).toEqual({ message: 1, at: CODE.length });
});

it("is the whole conversation so far when it goes on", () => {
  const kept = new KeptPrefix();
  const first = prompt("# Adam");
  kept.take(first);
  const revised: Message[] = [...first, { role: "assistant", content: "diff" }, { role: "user", content: "again" }];
  expect(kept.take(revised)).toEqual({ message: 1, at: first[1]?.content.length });
  expect(kept.take(revised)).toEqual({ message: 3, at: 5 });
});

it("is none where what is the same is short, or said by another", () => {
  const kept = new KeptPrefix();
  kept.take([{ role: "user", content: "short\nA" }]);
  expect(kept.take([{ role: "user", content: "short\nB" }])).toBeNull();
  kept.take([{ role: "user", content: CODE }]);
  expect(kept.take([{ role: "assistant", content: CODE }])).toBeNull();
});

it("forgets old prompts", () => {
  const kept = new KeptPrefix();
  kept.take(prompt("x"));
  for (let other = 0; other < 8; other++) kept.take([{ role: "user", content: `${other}` }]);
  expect(kept.take(prompt("y"))).toBeNull();
});
