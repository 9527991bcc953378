// Delivery with one thing broken on purpose: a rule of the store, what the driver makes of an answer, or the loop that runs handlers. Each
// must be found by an exploration; one that is not would say that nothing looks there.
import { executor } from "@evenkeel/core/engine";
import { GROUP, leasesOf, SHIPPING, type Rules } from "../rules.ts";
import { ENGINE, type Engine } from "./process.ts";

type CommitRule = Rules["commit"];

function broken(rules: Partial<Rules>): Engine {
  return { ...ENGINE, rules: { ...SHIPPING, ...rules } };
}

/** A commit as it would be if whoever sends it had just been granted what it rests on. */
export const unfenced: CommitRule = (memory, work) => {
  const leases = leasesOf(memory.state);
  const fences = work.fences.map((fence) => ({ ...fence, epoch: leases[fence.partition]?.epoch ?? 0 }));
  const owners = work.fences.map(({ partition }) => leases[partition]).filter((lease) => lease !== undefined);
  const before = owners.map(({ worker }) => worker);
  for (const lease of owners) lease.worker = work.worker;
  const result = SHIPPING.commit(memory, { ...work, fences });
  owners.forEach((lease, index) => { lease.worker = before[index] ?? null; });
  return result;
};

export const DELIVERY_MUTANTS = {
  "a commit's fence is not looked at": broken({ commit: unfenced }),
  "a takeover does not raise the epoch": broken({
    acquire: (memory, request) => SHIPPING.acquire(memory, request).map((grant) => {
      const lease = leasesOf(memory.state)[grant.partition];
      if (lease !== undefined && lease.epoch > 1) lease.epoch--;
      return { ...grant, epoch: lease?.epoch ?? grant.epoch };
    }),
  }),
  "a takeover does not read the parked keys": broken({ acquire: (memory, request) => SHIPPING.acquire(memory, request).map((grant) => ({ ...grant, parked: [] })) }),
  "effects and progress commit apart": broken({ commit: (memory, work) => SHIPPING.commit(memory, { ...work, progress: [] }) }),
  "a failing message is not parked": broken({ commit: (memory, work) => SHIPPING.commit(memory, { ...work, park: [] }) }),
  "a parked message is not removed with its effect": broken({ commit: (memory, work) => SHIPPING.commit(memory, { ...work, unpark: [] }) }),
  "followers of a parked key run": {
    ...ENGINE,
    step: (state, input) => {
      const { state: next, requests } = executor(state, input);
      return {
        state: next,
        requests: requests.map((request) => request.kind !== "decide" ? request : { ...request, items: request.items.map(({ message }) => ({ message, plan: { kind: "run" } })) }),
      };
    },
  },
  "followers of a failure in their batch run": { ...ENGINE, queues: false },
  "doubt is taken for success": { ...ENGINE, heard: (result) => result.kind === "inDoubt" ? { kind: "committed", joinedCalls: [], handovers: [] } : result },
  "doubt is taken for failure": { ...ENGINE, heard: (result) => result.kind === "inDoubt" ? { kind: "rerun" } : result },
  "a skipped message stays": broken({
    applyControls: (memory, request) => {
      const rows = new Map([...memory.state.parked].map(([key, queue]) => [key, queue]));
      const applied = SHIPPING.applyControls(memory, request);
      for (const [key, queue] of rows) if (queue[0]?.group === GROUP) memory.state.parked.set(key, queue);
      return applied;
    },
  }),
} as const satisfies Record<string, Engine>;
