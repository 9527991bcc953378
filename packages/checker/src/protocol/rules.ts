// The store as the protocols see it: the rules of the in-memory reference form, each applied to a fork of its state as one atomic step. A
// protocol is explored with the rules as they ship, and with one of them broken on purpose, which must be found.
import {
  acquire, applyControls, cancelTimer, commit, emptyState, forkMemory, mark, publish, putTimer, readCalls, readParked, readTimers, release,
  type GroupState, type Memory, type MemoryState,
} from "@evenkeel/core/engine";
import type { Fence, Host } from "@evenkeel/core/spi";

export interface Rules {
  readonly acquire: typeof acquire;
  readonly release: typeof release;
  readonly commit: typeof commit;
  readonly mark: typeof mark;
  readonly readParked: typeof readParked;
  readonly applyControls: typeof applyControls;
  readonly readTimers: typeof readTimers;
  readonly putTimer: typeof putTimer;
  readonly cancelTimer: typeof cancelTimer;
  readonly readCalls: typeof readCalls;
  readonly publish: typeof publish;
}

export const SHIPPING: Rules = {
  acquire, release, commit, mark, readParked, applyControls, readTimers, putTimer, cancelTimer, readCalls, publish,
};

/** Broken on purpose: who is late loses the partition and nothing else, and may beat again as if nothing had happened. */
export const BURIES_NOBODY: Rules = {
  ...SHIPPING,
  acquire: (memory, request) => {
    const workers = new Map(memory.state.workers);
    const grants = SHIPPING.acquire(memory, request);
    for (const [id, worker] of workers) memory.state.workers.set(id, worker);
    return grants;
  },
};

/** The one group that the protocols' processes belong to. */
export const GROUP = "toy";

/** A store with one group, whose last partition belongs to nobody: what takes effect is appended there. */
export function newStore(partitions: number): MemoryState {
  const state = emptyState();
  state.partitions = partitions + 1;
  const group: GroupState = { names: new Set(), leases: [] };
  for (let partition = 0; partition <= partitions; partition++) {
    state.log.push([]);
    group.leases.push({ worker: null, epoch: 0, position: 0, grantedAt: 0, deaths: 0, mark: null });
  }
  state.groups.set(GROUP, group);
  return state;
}

/** The parts of the store that each kind of work changes. One left out would change the world before the step, which the explorer's double check sees. */
const PARTS = {
  append: ["log"],
  operate: ["controls"],
  control: ["controls", "parked"],
  own: ["groups", "workers"],
  work: ["groups", "log", "parked", "documents", "calls", "callKeys", "timers", "timerNames", "revivals"],
  publish: ["log", "doors", "timers", "timerNames"],
} as const satisfies Record<string, readonly (keyof MemoryState)[]>;

/** Does something to a copy of the store. */
export function onFork<T>(
  store: MemoryState, nowMs: number, kind: keyof typeof PARTS, act: (memory: Memory) => T,
): { readonly store: MemoryState; readonly result: T } {
  const state = forkMemory(store, PARTS[kind]);
  const result = act({ state, host: hostAt(nowMs), statements: {} });
  return { store: state, result };
}

/** Reads without copying: for rules that change nothing. */
export function look<T>(store: MemoryState, nowMs: number, act: (memory: Memory) => T): T {
  return act({ state: store, host: hostAt(nowMs), statements: {} });
}

const silent = (): void => undefined;

function hostAt(nowMs: number): Host {
  const cancel = (): (() => void) => silent;
  return { now: () => nowMs, elapsed: () => nowMs, random: () => 0.5, newId: () => "", after: cancel, soon: silent, log: silent };
}

export function leasesOf(store: MemoryState): GroupState["leases"] {
  return store.groups.get(GROUP)?.leases ?? [];
}

/** Whether nobody has taken these partitions since they were granted with these fences. */
export function isCurrent(store: MemoryState, worker: string, fences: readonly Fence[]): boolean {
  const leases = leasesOf(store);
  return fences.every(({ partition, epoch }) => leases[partition]?.epoch === epoch && leases[partition].worker === worker);
}

/** A process that lives until it is buried. */
export function joined(memory: Memory, id: string): void {
  memory.state.workers.set(id, { id, groups: [GROUP], leaseMs: Number.MAX_SAFE_INTEGER, lastBeat: 0 });
}
