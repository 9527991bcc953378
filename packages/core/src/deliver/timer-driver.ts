// The timer owner's driver: performs what the machine requests on the store. It decides nothing: every choice is the machine's. Whatever
// the store throws comes back to the machine as an input, after a pause, so that nothing is lost and nothing spins.
import { isEvenkeelError } from "../errors.ts";
import type { Host } from "../spi/host.ts";
import type { CommitResult, Fence, Store } from "../spi/store.ts";
import { newTimerOwner, timerOwner, type TimerOwnerInput, type TimerOwnerRequest } from "./timer-owner.ts";

interface TimerOwnerOptions {
  readonly store: Pick<Store, "readTimers" | "commit">;
  readonly host: Host;
  readonly worker: string;
  /** TIMERS_GROUP. */
  readonly group: string;
  /** Timers in one commit. Default 1,000. */
  readonly limit?: number;
  /** Default 1,000 ms. */
  readonly lookEveryMs?: number;
  readonly onForfeit: (partitions: readonly number[]) => void;
  readonly onRelease: (fences: readonly Fence[]) => void;
  /** Messages of these names were appended. */
  readonly onFired: (names: ReadonlySet<string>) => void;
}

interface TimerOwner {
  readonly granted: (fences: readonly Fence[]) => void;
  readonly lost: (partitions: readonly number[]) => void;
  readonly leave: (partitions: readonly number[]) => void;
  /** Timers may have been committed. */
  readonly wake: () => void;
  /** Resolves when nothing is under way and every partition is released. */
  readonly drain: () => Promise<void>;
}

const RETRY_STORE_MS = 250;

export function startTimerOwner(options: TimerOwnerOptions): TimerOwner {
  const { store, host, group } = options;
  let state = newTimerOwner({ group, worker: options.worker, limit: options.limit ?? 1_000, lookEveryMs: options.lookEveryMs ?? 1_000 });
  const inputs: TimerOwnerInput[] = [];
  let turning = false;
  let cancelWait: () => void = () => undefined;
  let drained: () => void = () => undefined;
  const whenDrained = new Promise<void>((resolve) => { drained = resolve; });

  /** Inputs that arrive while the machine turns wait their turn: steps never nest. */
  function feed(input: DistributiveOmit<TimerOwnerInput, "nowMs">): void {
    inputs.push({ ...input, nowMs: host.elapsed() });
    if (turning) return;
    turning = true;
    try {
      for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
        const step = timerOwner(state, next);
        state = step.state;
        for (const request of step.requests) perform(request);
      }
    } finally {
      turning = false;
    }
  }

  function perform(request: TimerOwnerRequest): void {
    switch (request.kind) {
      case "readTimers": return void read(request);
      case "commit": return void commit(request);
      case "wait":
        cancelWait();
        cancelWait = host.after(Math.max(0, request.untilMs - host.elapsed()), () => { feed({ kind: "wake" }); });
        return;
      case "forfeit": return options.onForfeit(request.partitions);
      case "release": return options.onRelease(request.fences);
      case "refused":
        host.log("error", "timer.refused", {
          timer: request.id, id: request.message.id, name: request.message.name, tenant: request.message.tenant, reason: request.reason,
        });
        return;
      case "drained":
        cancelWait();
        return drained();
    }
  }

  async function read(request: Extract<TimerOwnerRequest, { kind: "readTimers" }>): Promise<void> {
    try {
      const { due, nextInMs } = await store.readTimers({ partitions: request.partitions, limit: request.limit });
      feed({ kind: "due", due, nextInMs });
    } catch (error) {
      const known = isEvenkeelError(error);
      host.log(known && error.code === "STORE_UNAVAILABLE" ? "warning" : "error", "store.trouble", {
        group, what: "readTimers", code: known ? error.code : "INTERNAL", reason: textOf(error),
      });
      host.after(RETRY_STORE_MS, () => { feed({ kind: "readFailed" }); });
    }
  }

  async function commit(request: Extract<TimerOwnerRequest, { kind: "commit" }>): Promise<void> {
    const { changes } = request;
    let result: CommitResult;
    try {
      result = await store.commit(changes);
    } catch (error) {
      // A commit that threw may have happened: the partitions are acquired anew and the rows say what is left.
      result = { kind: "inDoubt", reason: textOf(error) };
    }
    if (result.kind !== "committed" && result.kind !== "rerun") {
      const reason = "reason" in result ? result.reason : "ownership was lost";
      host.log("warning", "commit.failed", { group, what: "timers", result: result.kind, reason });
    }
    feed({ kind: "committed", commit: request.commit, result });
    if (result.kind === "committed") options.onFired(new Set(changes.firedTimers.map((timer) => timer.message.name)));
  }

  return {
    granted: (fences) => { feed({ kind: "granted", fences: fences.map(({ partition, epoch }) => ({ partition, epoch })) }); },
    lost: (partitions) => { feed({ kind: "lost", partitions }); },
    leave: (partitions) => { feed({ kind: "leave", partitions }); },
    wake: () => { feed({ kind: "wake" }); },
    drain: () => { feed({ kind: "drain" }); return whenDrained; },
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
