// Calls without a row with one thing broken on purpose: when their key is noted, what a handler makes of a revival, or what the runner takes, keeps
// and begins. Each must be found.
import { callRunner, type CallRunnerInput, type CallRunnerState } from "@evenkeel/core/engine";
import { unfenced } from "../executor/mutants.ts";
import { COMMITTED, joining } from "../join/mutants.ts";
import { JOIN_ENGINE, type JoinEngine } from "../join/process.ts";
import { outcomeOf } from "../join/world.ts";
import { SHIPPING } from "../rules.ts";

type OwnedCalls = CallRunnerState["owned"];

/** The runner as if it were told something else. */
function told(change: (input: CallRunnerInput, state: CallRunnerState) => CallRunnerInput): JoinEngine {
  return { ...JOIN_ENGINE, runner: (state, input) => callRunner(state, change(input, state)) };
}

function owning(owned: OwnedCalls, change: (one: { readonly partition: number }) => { readonly leaving: boolean }): OwnedCalls {
  return new Map([...owned].map(([partition, one]) => [partition, { ...one, ...change(one) }]));
}

export const UNRECORDED_MUTANTS = {
  "keys are not noted": { ...JOIN_ENGINE, notes: "never" },
  "keys are noted behind the commit that requests their calls": { ...JOIN_ENGINE, notes: "behind" },
  "a revival has everything requested anew, whoever began it": { ...JOIN_ENGINE, comparesEpochs: false },
  "what was requested in an older ownership is begun": told((input, { owned }) => input.kind !== "requested" ? input : {
    ...input, fences: [...owned.values()].map(({ partition, epoch }) => ({ partition, epoch })),
  }),
  "an attempt without a row lives on when its ownership is lost": {
    ...JOIN_ENGINE,
    runner: (state, input) => {
      const step = callRunner(state, input);
      const isKept = (id: string): boolean => state.calls.get(id)?.recorded === false;
      return { state: step.state, requests: step.requests.filter((request) => request.kind !== "abort" || !isKept(request.callId)) };
    },
  },
  "whoever leaves begins what is requested": {
    ...JOIN_ENGINE,
    runner: (state, input) => {
      if (input.kind !== "requested") return callRunner(state, input);
      const step = callRunner({ ...state, owned: owning(state.owned, () => ({ leaving: false })) }, input);
      const owned = owning(step.state.owned, ({ partition }) => ({ leaving: state.owned.get(partition)?.leaving === true }));
      return { ...step, state: { ...step.state, owned } };
    },
  },
  "what was read for an older ownership counts": {
    ...JOIN_ENGINE,
    runner: (state, input) => {
      const { reviving } = state;
      const held = reviving === null ? undefined : state.owned.get(reviving.partition);
      return callRunner(input.kind === "revivals" && held !== undefined ? { ...state, reviving: { partition: held.partition, epoch: held.epoch } } : state, input);
    },
  },
  "outcomes that the executor declined are dropped": { ...JOIN_ENGINE, toldOf: (result) => result ?? COMMITTED },
  "an outcome whose handler failed is not appended": joining((commit) => ({ ...commit, messages: commit.messages.filter((message) => outcomeOf(message) === null) })),
  "attempts begin though the heartbeat is late": { ...JOIN_ENGINE, tellsLate: false },
  "a commit's fence is not looked at": { ...JOIN_ENGINE, rules: { ...SHIPPING, commit: unfenced } },
} as const satisfies Record<string, JoinEngine>;
