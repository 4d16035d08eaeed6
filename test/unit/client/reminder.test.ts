/** Reminding the editor of lenses that it did not come for. */
import { expect, test } from "vitest";
import { Reminder } from "../../../extension/client/lenses/reminder.ts";

/** A reminder whose time passes when the test says so. */
function reminding() {
  const reminders: string[] = [];
  const pauses: number[] = [];
  let due: (() => void) | null = null;
  const reminder = new Reminder(
    () => reminders.push("again"),
    (act, milliseconds) => {
      pauses.push(milliseconds);
      due = act;
      return { dispose: () => void (due = null) };
    },
  );
  const passTime = () => {
    const act = due;
    due = null;
    act?.();
  };
  return { reminder, reminders, pauses, passTime, waiting: () => due !== null };
}

test("whoever comes at once is not reminded", () => {
  const { reminder, reminders, passTime, waiting } = reminding();
  reminder.told(["a", "b"]);
  reminder.came("a");
  expect(reminder.owes("a")).toBe(false);
  expect(reminder.owes("b")).toBe(true);
  reminder.came("b");
  expect(waiting()).toBe(false);
  passTime();
  expect(reminders).toEqual([]);
});

test("whoever does not come is reminded until it comes", () => {
  const { reminder, reminders, passTime, waiting } = reminding();
  reminder.told(["a"]);
  passTime();
  passTime();
  expect(reminders).toHaveLength(2);
  reminder.came("a");
  expect(waiting()).toBe(false);
});

test("reminders come at longer and longer pauses, and end", () => {
  const { reminder, reminders, pauses, passTime, waiting } = reminding();
  reminder.told(["a"]);
  while (waiting()) passTime();
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  expect(reminders).toHaveLength(pauses.length);
});

test("what is new now takes the place of what was new before", () => {
  const { reminder, waiting } = reminding();
  reminder.told(["a"]);
  reminder.told(["b"]);
  expect(reminder.owes("a")).toBe(false);
  reminder.told([]);
  expect(waiting()).toBe(false);
});
