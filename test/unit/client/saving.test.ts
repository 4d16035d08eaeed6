/** Saving what the editor shows, whatever it says of itself. */
import { expect, test } from "vitest";
import { save } from "../../../extension/client/review/saving.ts";

/** A document whose saves do this, one after the other; beyond them they succeed. */
function documentWith(...saves: ((document: { version: number; isDirty: boolean }) => boolean)[]) {
  const document = {
    fileName: "/lab/train.py",
    version: 1,
    isDirty: false,
    saved: 0,
    save: () => {
      document.saved += 1;
      return Promise.resolve(saves.shift()?.(document) ?? true);
    },
  };
  return document;
}

test("a document that says that it is clean is saved all the same", async () => {
  const document = documentWith();
  await save(document);
  expect(document.saved).toBe(1);
});

test("a keystroke during the save has it saved again", async () => {
  const document = documentWith((typed) => {
    typed.version += 1;
    return true;
  });
  await save(document);
  expect(document.saved).toBe(2);
});

test("a save that fails beside another one is tried again", async () => {
  const document = documentWith(() => false);
  await save(document);
  expect(document.saved).toBe(2);
});

test("an edit that cannot be saved is told, with what to do", async () => {
  const fails = () => false;
  const document = documentWith(fails, fails, fails);
  document.isDirty = true;
  await expect(save(document)).rejects.toMatchObject({ code: "usage", message: "train.py could not be saved" });
});

test("a file that may not be written and was not changed is no failure", async () => {
  const fails = () => false;
  await expect(save(documentWith(fails, fails, fails))).resolves.toBeUndefined();
});
