// What it means that a transaction is atomic: nobody commits while somebody aborts. After specifications/transaction_commit/TCommit.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { recordOf } from "../persistent.ts";

type Phase = "working" | "prepared" | "committed" | "aborted";

interface Constants {
  readonly managers: readonly string[];
  readonly deadlock?: "checked";
  readonly symmetry?: boolean;
}

/** The state is the phase of each resource manager. */
export function transactionCommit({ managers, deadlock, symmetry = false }: Constants) {
  const start: Readonly<Record<string, Phase>> = recordOf(managers, "working");
  return model({
    name: "transaction commit",
    init: [start],
    actions: {
      prepare: (s, next) => {
        for (const rm of managers) if (s[rm] === "working") next({ ...s, [rm]: "prepared" }, rm);
      },
      commit: (s, next) => {
        if (!managers.every((rm) => s[rm] === "prepared" || s[rm] === "committed")) return;
        for (const rm of managers) if (s[rm] === "prepared") next({ ...s, [rm]: "committed" }, rm);
      },
      abort: (s, next) => {
        if (managers.some((rm) => s[rm] === "committed")) return;
        for (const rm of managers) if (s[rm] === "working" || s[rm] === "prepared") next({ ...s, [rm]: "aborted" }, rm);
      },
    },
    invariants: {
      consistent: (s) => !(managers.some((rm) => s[rm] === "aborted") && managers.some((rm) => s[rm] === "committed")),
    },
    ...(deadlock === "checked" ? {} : { deadlock: "allowed" as const }),
    ...(symmetry ? { symmetry: [managers] } : {}),
  });
}
