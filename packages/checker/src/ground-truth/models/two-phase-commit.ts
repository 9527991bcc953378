// Two-phase commit with a set of messages that are never taken out. After specifications/transaction_commit/TwoPhase.tla of
// tlaplus/Examples (MIT); the witnesses are those of examples/2pc.rs of stateright/stateright (MIT).
import { model } from "../../index.ts";
import { added, recordOf } from "../persistent.ts";

type Phase = "working" | "prepared" | "committed" | "aborted";

interface State {
  readonly managers: Readonly<Record<string, Phase>>;
  readonly coordinator: "init" | "committed" | "aborted";
  /** Whom the coordinator knows to be prepared. */
  readonly known: ReadonlySet<string>;
  /** The messages that were sent: by whom "prepared", and whether the coordinator's decision. */
  readonly prepared: ReadonlySet<string>;
  readonly commitSent: boolean;
  readonly abortSent: boolean;
}

export function twoPhaseCommit({ managers, symmetry = false }: { readonly managers: readonly string[]; readonly symmetry?: boolean }) {
  const start: State = {
    managers: recordOf(managers, "working"), coordinator: "init", known: new Set(), prepared: new Set(), commitSent: false, abortSent: false,
  };
  const moved = (s: State, rm: string, phase: Phase): State => ({ ...s, managers: { ...s.managers, [rm]: phase } });
  return model({
    name: "two-phase commit",
    init: [start],
    actions: {
      decideCommit: (s, next) => {
        if (s.coordinator === "init" && s.known.size === managers.length) next({ ...s, coordinator: "committed", commitSent: true });
      },
      decideAbort: (s, next) => {
        if (s.coordinator === "init") next({ ...s, coordinator: "aborted", abortSent: true });
      },
      receivePrepared: (s, next) => {
        if (s.coordinator !== "init") return;
        for (const rm of managers) if (s.prepared.has(rm)) next({ ...s, known: added(s.known, rm) }, rm);
      },
      prepare: (s, next) => {
        for (const rm of managers) {
          if (s.managers[rm] === "working") next({ ...moved(s, rm, "prepared"), prepared: added(s.prepared, rm) }, rm);
        }
      },
      chooseToAbort: (s, next) => {
        for (const rm of managers) if (s.managers[rm] === "working") next(moved(s, rm, "aborted"), rm);
      },
      receiveCommit: (s, next) => {
        if (s.commitSent) for (const rm of managers) next(moved(s, rm, "committed"), rm);
      },
      receiveAbort: (s, next) => {
        if (s.abortSent) for (const rm of managers) next(moved(s, rm, "aborted"), rm);
      },
    },
    invariants: {
      consistent: (s) => {
        const phases = Object.values(s.managers);
        return !(phases.includes("aborted") && phases.includes("committed"));
      },
    },
    sometimes: {
      "all committed": (s) => managers.every((rm) => s.managers[rm] === "committed"),
      "all aborted": (s) => managers.every((rm) => s.managers[rm] === "aborted"),
    },
    ...(symmetry ? { symmetry: [managers] } : {}),
  });
}
