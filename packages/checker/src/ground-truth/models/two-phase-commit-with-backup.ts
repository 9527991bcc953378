// Two-phase commit whose coordinator may vanish, with a backup that takes over, and one resource manager that may fail. After
// specifications/transaction_commit/2PCwithBTM.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { recordOf } from "../persistent.ts";

type Phase = "working" | "prepared" | "committed" | "aborted" | "failed";
type At = "start" | "committing" | "aborting" | "committed" | "aborted" | "done";

interface State {
  readonly managers: Readonly<Record<string, Phase>>;
  readonly running: Readonly<Record<string, boolean>>;
  readonly decision: "init" | "commit" | "abort" | "hidden";
  readonly coordinator: At;
  readonly backup: At;
}

interface Constants {
  readonly managers: readonly string[];
  readonly managersMayFail: boolean;
  readonly coordinatorMayFail: boolean;
}

export function twoPhaseCommitWithBackup({ managers, managersMayFail, coordinatorMayFail }: Constants) {
  const some = (s: State, ...phases: readonly Phase[]) => managers.some((rm) => phases.some((phase) => s.managers[rm] === phase));
  const canCommit = (s: State) => managers.every((rm) => s.managers[rm] === "prepared") || some(s, "committed");
  const canAbort = (s: State) => some(s, "aborted", "failed") && !some(s, "committed");
  const vanished = (s: State): State["decision"] => (coordinatorMayFail ? "hidden" : s.decision);
  const start: State = {
    managers: recordOf(managers, "working"), running: recordOf(managers, true), decision: "init", coordinator: "start", backup: "start",
  };
  return model({
    name: "two-phase commit with a backup coordinator",
    init: [start],
    actions: {
      coordinate: (s, next) => {
        if (s.coordinator === "start" && canCommit(s)) next({ ...s, coordinator: "committing" });
        if (s.coordinator === "start" && canAbort(s)) next({ ...s, coordinator: "aborting" });
        if (s.coordinator === "committing") next({ ...s, decision: "commit", coordinator: "committed" });
        if (s.coordinator === "aborting") next({ ...s, decision: "abort", coordinator: "aborted" });
        if (s.coordinator === "committed" || s.coordinator === "aborted") next({ ...s, decision: vanished(s), coordinator: "done" });
      },
      takeOver: (s, next) => {
        if (s.backup === "start" && s.decision === "hidden" && canCommit(s)) next({ ...s, backup: "committing" });
        if (s.backup === "start" && s.decision === "hidden" && canAbort(s)) next({ ...s, backup: "aborting" });
        if (s.backup === "committing") next({ ...s, decision: "commit", backup: "done" });
        if (s.backup === "aborting") next({ ...s, decision: "abort", backup: "done" });
      },
      manage: (s, next) => {
        for (const rm of managers) {
          if (s.running[rm] !== true) continue;
          const phase = s.managers[rm];
          const become = (to: Phase) => next({ ...s, managers: { ...s.managers, [rm]: to } }, rm);
          if (phase !== "working" && phase !== "prepared") {
            next({ ...s, running: { ...s.running, [rm]: false } }, rm);
            continue;
          }
          if (phase === "working") become("prepared");
          if (s.decision === "commit") become("committed");
          if (phase === "working" || s.decision === "abort") become("aborted");
          become(managersMayFail && !some(s, "failed") ? "failed" : phase);
        }
      },
      rest: (s, next) => {
        if (s.coordinator === "done" && s.backup === "done" && managers.every((rm) => s.running[rm] === false)) next(s);
      },
    },
    invariants: { consistent: (s) => !(some(s, "aborted") && some(s, "committed")) },
  });
}
