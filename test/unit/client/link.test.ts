/** The link to an engine: one attempt at a time, changes in order, and back after a loss. */
import { expect, test } from "vitest";
import { EngineLink } from "../../../extension/client/engine/link.ts";
import type { Connection, LabChange } from "../../../extension/client/engine/link.ts";
import { ProvingGroundError } from "../../../extension/protocol/errors.ts";
import type { Snapshot } from "../../../extension/protocol/lab.ts";
import { labDelta, labSubscribe } from "../../../extension/protocol/methods.ts";
import { ideaFixture } from "../../fixtures/lab.ts";

const empty = (seq: number): Snapshot => ({ seq, environments: [], ideas: [], runs: [], targets: [], parents: {} });
const delta = (seq: number) => ({ seq, changes: [{ kind: "idea" as const, idea: ideaFixture(seq) }] });

/** An engine that answers with the snapshots it is given, in order, and sends what it is told to. */
function engine(snapshots: Snapshot[]) {
  const listeners = new Map<string, (params: never) => void>();
  let closed: () => void = () => undefined;
  const asked: string[] = [];
  const connection = {
    warning: null,
    request: (request: { method: string }) => {
      asked.push(request.method);
      const answer = request.method === labSubscribe.method ? snapshots.shift() : undefined;
      return answer === undefined ? Promise.reject(new ProvingGroundError("internal", "nothing to answer")) : Promise.resolve(answer);
    },
    onNotification: (notification: { method: string }, listener: (params: never) => void) => {
      listeners.set(notification.method, listener);
      return { dispose: () => undefined };
    },
    onClose: (listener: () => void) => {
      closed = listener;
      return { dispose: () => undefined };
    },
    dispose: () => closed(),
  };
  return {
    asked,
    connection: connection as unknown as Connection,
    send: (params: ReturnType<typeof delta>) => listeners.get(labDelta.method)?.(params as never),
    die: () => closed(),
  };
}

/** A link to these engines, one after the other; waiting takes no time, its lengths are kept. */
function linkTo(engines: (ReturnType<typeof engine> | Error)[], prepare: () => Promise<void> = () => Promise.resolve()) {
  const waits: number[] = [];
  let attempts = 0;
  const link = new EngineLink({
    connect: () => {
      attempts += 1;
      const next = engines.shift();
      return next === undefined || next instanceof Error
        ? Promise.reject(next ?? new ProvingGroundError("engine-unreachable", "no engine starts"))
        : Promise.resolve(next.connection);
    },
    prepare,
    wait: (milliseconds) => {
      waits.push(milliseconds);
      return Promise.resolve();
    },
  });
  return { link, waits, attempts: () => attempts };
}

const until = (link: EngineLink, kind: string) =>
  new Promise<void>((resolve) => {
    if (link.state.kind === kind) resolve();
    link.onState((state) => {
      if (state.kind === kind) resolve();
    });
  });

test("several callers share one attempt to connect", async () => {
  const { link, attempts } = linkTo([engine([empty(0)])]);
  await Promise.all([link.ensure(), link.ensure(), link.ensure()]);
  expect(attempts()).toBe(1);
});

test("changes are applied in order and told with what was before", async () => {
  const one = engine([empty(4)]);
  const { link } = linkTo([one]);
  await link.ensure();
  const changes: LabChange[] = [];
  link.onChange((change) => changes.push(change));
  one.send(delta(5));
  one.send(delta(5));
  one.send(delta(6));
  expect(changes.map((change) => [change.before?.seq, change.snapshot.seq])).toEqual([
    [4, 5],
    [5, 6],
  ]);
  expect(link.snapshot?.ideas.map((idea) => idea.id)).toEqual([5, 6]);
});

test("settings that change while the link is being made are told to it", async () => {
  let setting = 1;
  const told: number[] = [];
  const { link } = linkTo([engine([empty(0)])], () => {
    told.push(setting);
    return Promise.resolve();
  });
  let again = Promise.resolve();
  link.onChange(() => {
    // The engine was told the earlier setting, and the link is not there yet.
    setting = 2;
    again = link.prepareAgain();
  });
  await link.ensure();
  await again;
  expect(told).toEqual([1, 2]);
});

test("settings are told one after the other, however long each takes", async () => {
  const told: string[] = [];
  const { link } = linkTo([engine([empty(0)])], async () => {
    told.push("begins");
    await new Promise((resolve) => setImmediate(resolve));
    told.push("ends");
  });
  await link.ensure();
  await Promise.all([link.prepareAgain(), link.prepareAgain()]);
  expect(told).toEqual(["begins", "ends", "begins", "ends", "begins", "ends"]);
});

test("without a link there is nobody to tell, and one that cannot be made says so itself", async () => {
  const { link } = linkTo([new ProvingGroundError("engine-unreachable", "no engine starts")]);
  await link.prepareAgain();
  const failed = link.ensure();
  await link.prepareAgain();
  await expect(failed).rejects.toMatchObject({ code: "engine-unreachable" });
});

test("a gap in the changes brings a new snapshot", async () => {
  const one = engine([empty(1), empty(9)]);
  const { link } = linkTo([one]);
  await link.ensure();
  const fresh = new Promise<LabChange>((resolve) => link.onChange(resolve));
  one.send(delta(7));
  one.send(delta(10));
  expect((await fresh).delta).toBeNull();
  expect(link.snapshot?.seq).toBe(10);
  expect(one.asked).toEqual([labSubscribe.method, labSubscribe.method]);
});

test("an engine that dies is started again, with longer and longer pauses", async () => {
  const first = engine([empty(1)]);
  const failures = [1, 2, 3].map((number) => new ProvingGroundError("engine-unreachable", `attempt ${number}`));
  const { link, waits } = linkTo([first, ...failures, engine([empty(2)])]);
  await link.ensure();
  first.die();
  expect(link.state).toMatchObject({ kind: "offline", trying: true });
  await until(link, "connected");
  expect(link.snapshot?.seq).toBe(2);
  expect(waits).toEqual([0, 250, 500, 1000]);
});

test("what trying again does not heal is not tried again", async () => {
  const first = engine([empty(1)]);
  const { link, attempts } = linkTo([first, new ProvingGroundError("engine-version", "another version is busy")]);
  await link.ensure();
  const given = new Promise<void>((resolve) =>
    link.onState((state) => {
      if (state.kind === "offline" && !state.trying) resolve();
    }),
  );
  first.die();
  await given;
  expect(attempts()).toBe(2);
  expect(link.state).toMatchObject({ kind: "offline", error: { code: "engine-version" } });
});

test("a link that was disposed stays away", async () => {
  const first = engine([empty(1)]);
  const { link, attempts } = linkTo([first, engine([empty(2)])]);
  await link.ensure();
  link.dispose();
  await expect(link.ensure()).rejects.toMatchObject({ code: "engine-unreachable" });
  expect(attempts()).toBe(1);
});
