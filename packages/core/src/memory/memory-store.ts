// memoryStore: the deterministic in-memory form of the store, for tests, the checker and the browser. It gives the same answers as the
// durable store without any of its durability, and takes time from the host only.
import type { Host } from "../spi/host.ts";
import type { PublishCall, PublishResult, Store } from "../spi/store.ts";
import { breakerResets, changeBreaker, listBreakers, resetBreaker } from "./memory-breakers.ts";
import { callControls, listCalls, readCallControls, requestCallControl } from "./memory-call-controls.ts";
import { readCalls } from "./memory-calls.ts";
import { commit } from "./memory-commit.ts";
import { load } from "./memory-documents.ts";
import { memoryHints, tell } from "./memory-hints.ts";
import { forgetDoors, handled, publish, read, tails } from "./memory-log.ts";
import { applyControls, controls, listParked, requestControl, summary } from "./memory-operators.ts";
import { acquire, gather, join, mark, release, roster } from "./memory-owners.ts";
import { readParked } from "./memory-parked.ts";
import { prepare } from "./memory-prepare.ts";
import { readRevivals } from "./memory-revivals.ts";
import { refusal } from "./memory-refusal.ts";
import { emptyState, type Memory, type Statements } from "./memory-state.ts";
import { readTimers } from "./memory-timers.ts";

interface MemoryStoreOptions {
  /** Where time and chance come from. */
  readonly host: Host;
  /** Partitions of a log whose manifest names no number; default 8. */
  readonly partitions?: number;
  /**
   * Stand-ins for declared SQL, by the statement's name: each receives the values and returns the number of rows it changed. Without
   * one, a commit that runs the statement is refused.
   */
  readonly statements?: Statements;
}

/**
 * A store that lives in this process and dies with it. Several applications may share one: each is a worker of its own, alive for
 * `leaseMs` after every beat. Every method does its work at once and as a whole before it returns its promise, so concurrent callers
 * never see half of anything. `close` ends nothing, because the others may still be using it; drop the store instead.
 *
 * @example
 * const store = memoryStore({ host });
 * await store.prepare({ partitions: 4, groups: [], entities: [], schemas: [] }); // { partitions: 4, eligibleGroups: [] }
 */
export function memoryStore(options: MemoryStoreOptions): Store {
  const { host } = options;
  const state = emptyState();
  const memory: Memory = { state, host, statements: options.statements ?? {} };
  const hints = memoryHints(host);
  const told = <T extends readonly PublishResult[]>(calls: readonly PublishCall[], results: T): T => {
    tell(hints, results.flatMap((result) => result.kind === "published" ? result.handovers : []), calls.some((call) => call.timers.length > 0));
    return results;
  };
  return {
    prepare: async (manifest) => prepare(state, manifest, options.partitions ?? 8),
    maintain: async () => { forgetDoors(memory); },
    close: async () => undefined,

    publish: async (calls) => told(calls, publish(memory, calls)),
    read: async (request) => read(state, request),
    load: async (documents) => load(state, documents),
    transaction: async (work) => {
      const { value, calls } = await work({ query: refuseSql });
      return { value, results: told(calls, publish(memory, calls)) };
    },
    handled: async (group, place) => handled(state, group, place),
    tails: async () => tails(state),
    ...hints,

    join: async (worker) => join(memory, worker),
    roster: async () => roster(memory),
    acquire: async (request) => acquire(memory, request),
    release: async (request) => { release(state, request); },
    commit: async (work) => {
      const result = commit(memory, work);
      if (result.kind === "committed") tell(hints, result.handovers, work.timers.length > 0);
      return result;
    },
    mark: async (request) => mark(state, request),
    gather: async (request) => { gather(memory, request); },
    readRevivals: async (request) => readRevivals(state, request),

    readCalls: async (request) => readCalls(memory, request),
    listCalls: async (filter) => listCalls(memory, filter),
    requestCallControl: async (request) => requestCallControl(memory, request),
    readCallControls: async (request) => readCallControls(state, request),
    callControls: async (filter) => callControls(state, filter),
    changeBreaker: async (change) => changeBreaker(memory, change),
    listBreakers: async () => listBreakers(memory),
    resetBreaker: async (reset) => resetBreaker(memory, reset),
    breakerResets: async (filter) => breakerResets(memory, filter),
    readTimers: async (request) => readTimers(memory, request),
    readParked: async (request) => readParked(state, request),

    listParked: async (filter) => listParked(state, filter),
    requestControl: async (requests) => requestControl(memory, requests),
    applyControls: async (request) => applyControls(memory, request),
    controls: async (filter) => controls(state, filter),
    summary: async () => summary(state),
  };
}

async function refuseSql(text: string): Promise<never> {
  throw refusal("The in-memory store has no SQL: use a database, or keep this work out of the transaction.", { text: text.slice(0, 200) });
}
