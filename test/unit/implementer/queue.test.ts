/** Claims on an idea: work on it excludes other work, except for what its own result sets off. */
import { expect, test } from "vitest";
import { Claims } from "../../../extension/engine/implementer/queue.ts";

test("a second claim is refused while the first is at work", async () => {
  const claims = new Claims();
  const working = Promise.withResolvers<string>();
  const first = claims.hold(1, "implemented", () => working.promise);
  await expect(claims.hold(1, "approved", () => Promise.resolve("second"))).rejects.toMatchObject({
    code: "usage",
    message: "idea #1 is being implemented right now",
  });
  expect(await claims.hold(2, "approved", () => Promise.resolve("another idea"))).toBe("another idea");
  working.resolve("first");
  expect(await first).toBe("first");
  expect(claims.size).toBe(0);
});

test("once its result is about to be seen, those who claim the idea because of it wait their turn, one after the other", async () => {
  const claims = new Claims();
  const tidying = Promise.withResolvers<null>();
  const order: string[] = [];
  const first = claims.hold(1, "implemented", async (finishing) => {
    finishing();
    await tidying.promise;
    order.push("first");
  });
  const second = claims.hold(1, "approved", (finishing) => {
    order.push("second");
    finishing();
    return Promise.resolve(null);
  });
  const third = claims.hold(1, "discarded", () => {
    order.push("third");
    return Promise.resolve(null);
  });
  expect(order).toEqual([]);
  tidying.resolve(null);
  await Promise.all([first, second, third]);
  expect(order).toEqual(["first", "second", "third"]);
});
