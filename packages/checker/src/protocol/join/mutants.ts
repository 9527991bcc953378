// Joining with one thing broken on purpose: a machine, what a driver makes of an answer or of the word on an offer, or a rule of the store. Each must
// be found.
import { callRunner, executor, type ExecutorRequest, type ExecutorState } from "@evenkeel/core/engine";
import type { Commit } from "@evenkeel/core/spi";
import { unfenced } from "../executor/mutants.ts";
import { SHIPPING } from "../rules.ts";
import { JOIN_ENGINE, type JoinEngine } from "./process.ts";

export const COMMITTED = { kind: "committed", joinedCalls: [], handovers: [] } as const;

/** The executor with its commits that took ends of calls along changed. */
export function joining(change: (commit: Commit, joined: Joined) => Commit): JoinEngine {
  return {
    ...JOIN_ENGINE,
    executor: (state, input) => {
      const step = executor(state, input);
      const { committing } = step.state;
      const joined = committing?.batch.joined ?? null;
      if (joined === null) return step;
      const requests = step.requests.map((request): ExecutorRequest =>
        request.kind === "commit" ? { ...request, commit: change(request.commit, joined) } : request);
      return { state: step.state, requests };
    },
  };
}

type Joined = NonNullable<NonNullable<ExecutorState["deciding"]>["joined"]>;

/** The executor as if some of what it knows were not so, where it is offered something. */
function blindTo(change: (state: ExecutorState) => ExecutorState, restore: (before: ExecutorState, after: ExecutorState) => ExecutorState): JoinEngine {
  return {
    ...JOIN_ENGINE,
    executor: (state, input) => {
      if (input.kind !== "join") return executor(state, input);
      const step = executor(change(state), input);
      return { state: restore(state, step.state), requests: step.requests };
    },
  };
}

export const JOIN_MUTANTS = {
  "ends that were given back are taken in a later ownership": { ...JOIN_ENGINE, offersAgain: true },
  "an outcome that took effect is appended as well": joining((commit, { join }) => ({
    ...commit, callUpdates: commit.callUpdates.map((update) => join.updates.find(({ id }) => id === update.id) ?? update),
  })),
  "an outcome whose handler failed goes with its row": joining((commit) => ({ ...commit, callUpdates: commit.callUpdates.map((update) => ({ ...update, outcome: null })) })),
  "outcomes take effect before the messages of their batch": joining((commit) => ({ ...commit, messages: [...commit.messages].reverse() })),
  "the runner hears that its ends are committed before they are": {
    ...JOIN_ENGINE,
    executor: (state, input) => {
      const { state: next, requests } = executor(state, input);
      const joined = next.committing?.batch.joined ?? null;
      const told = requests.flatMap((request): ExecutorRequest[] => request.kind === "commit" && joined !== null
        ? [request, { kind: "joinEnded", join: joined.join.id, result: COMMITTED }] : [request]);
      return { state: next, requests: told };
    },
  },
  "the runner hears nothing of ends that a refused batch gave back": {
    ...JOIN_ENGINE,
    executor: (state, input) => {
      const { state: next, requests } = executor(state, input);
      const refused = input.kind === "committed" && input.result.kind === "rejected";
      return { state: next, requests: refused ? requests.filter(({ kind }) => kind !== "joinEnded") : requests };
    },
  },
  "ends that were given back are not committed": { ...JOIN_ENGINE, toldOf: (result) => result ?? COMMITTED },
  "doubt is taken for success": { ...JOIN_ENGINE, heard: (result) => result.kind === "inDoubt" ? COMMITTED : result },
  "ends whose commit is in doubt are committed apart": { ...JOIN_ENGINE, toldOf: (result) => result?.kind === "inDoubt" ? null : result },
  "calls that stood there when their partition was granted are offered": {
    ...JOIN_ENGINE,
    runner: (state, input) => {
      const step = callRunner(state, input);
      return {
        state: step.state,
        requests: step.requests.map((request) => request.kind !== "commit" ? request : {
          ...request, ends: { ...request.ends, direct: new Set(request.ends.updates.flatMap(({ id, change, outcome }) => change.kind === "remove" && outcome !== null ? [id] : [])) },
        }),
      };
    },
  },
  "the executor does not hear of what the runner appended": { ...JOIN_ENGINE, tellsOutcomes: false },
  "outcomes are decided while something is to be read": blindTo(
    (state) => ({ ...state, reading: false, hungry: new Set() }),
    (before, after) => ({ ...after, reading: before.reading, hungry: before.hungry }),
  ),
  "outcomes of a parked key are decided": blindTo((state) => ({ ...state, parked: new Map() }), (before, after) => ({ ...after, parked: before.parked })),
  "a commit's fence is not looked at": { ...JOIN_ENGINE, rules: { ...SHIPPING, commit: unfenced } },
  "attempts begin though the heartbeat is late": { ...JOIN_ENGINE, tellsLate: false },
} as const satisfies Record<string, JoinEngine>;
