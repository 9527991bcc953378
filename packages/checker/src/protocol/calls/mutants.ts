// Calls with one thing broken on purpose: a rule of the store, what the driver makes of an answer, or what the machine is told. Each must be
// found.
import { callRunner } from "@evenkeel/core/engine";
import { BURIES_NOBODY, leasesOf, SHIPPING, type Rules } from "../rules.ts";
import { CALL_ENGINE, type CallEngine } from "./moves.ts";

function broken(rules: Partial<Rules>): CallEngine {
  return { ...CALL_ENGINE, rules: { ...SHIPPING, ...rules } };
}

const readByAnybody: Rules["readCalls"] = (memory, { group, partitions, after, limit }) => SHIPPING.readCalls(memory, { group, partitions, after, limit });

export const CALL_MUTANTS = {
  "attempts begin though the heartbeat is late": { ...CALL_ENGINE, tellsLate: false },
  "a takeover buries nobody": broken(BURIES_NOBODY),
  "a takeover buries nobody, and who was taken from does not see it": { ...broken(BURIES_NOBODY), seesTaken: false },
  "a commit's fence is not looked at": broken({
    commit: (memory, work) => {
      const lease = leasesOf(memory.state)[0];
      if (lease === undefined) return SHIPPING.commit(memory, work);
      const { worker } = lease;
      lease.worker = work.worker;
      const result = SHIPPING.commit(memory, { ...work, fences: work.fences.map((fence) => ({ ...fence, epoch: lease.epoch })) });
      lease.worker = worker;
      return result;
    },
  }),
  // Whoever is not confirmed begins nothing, whatever it reads: each of the two would do.
  "calls are read by whoever was replaced, and attempts begin though the heartbeat is late": { ...broken({ readCalls: readByAnybody }), tellsLate: false },
  "calls are read by whoever was replaced, whom nobody buried": broken({ ...BURIES_NOBODY, readCalls: readByAnybody }),
  "the row stays when its outcome is appended": broken({
    commit: (memory, work) => {
      const calls = new Map(memory.state.calls);
      const result = SHIPPING.commit(memory, work);
      for (const [id, row] of calls) if (!memory.state.calls.has(id)) memory.state.calls.set(id, row);
      return result;
    },
  }),
  "the row goes before its outcome is appended": broken({
    commit: (memory, work) => SHIPPING.commit(memory, { ...work, callUpdates: work.callUpdates.map((update) => ({ ...update, outcome: null })) }),
  }),
  "doubt is taken for success": { ...CALL_ENGINE, heard: (result) => result.kind === "inDoubt" ? { kind: "committed", joinedCalls: [], handovers: [] } : result },
  "doubt is taken for failure": { ...CALL_ENGINE, heard: (result) => result.kind === "inDoubt" ? { kind: "rerun" } : result },
  "a takeover forgets that an attempt may have begun": {
    ...CALL_ENGINE,
    step: (state, input) => {
      const { state: next, requests } = callRunner(state, input);
      return input.kind !== "granted" ? { state: next, requests }
        : { state: { ...next, owned: new Map([...next.owned].map(([partition, held]) => [partition, { ...held, caughtUp: true }])) }, requests };
    },
  },
  "calls of a key do not wait for each other": {
    ...CALL_ENGINE,
    step: (state, input) => callRunner(state, input.kind !== "scanned" ? input
      : { ...input, calls: input.calls.map((call) => ({ ...call, routingKey: call.id })) }),
  },
  "an unknown end is taken for not performed": {
    ...CALL_ENGINE,
    step: (state, input) => callRunner(state, input.kind !== "performed" || input.result.kind !== "unknown" ? input
      : { ...input, result: { kind: "notPerformed", failure: input.result.failure, afterMs: null, final: true } }),
  },
} as const satisfies Record<string, CallEngine>;
