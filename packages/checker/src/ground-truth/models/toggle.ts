// Processes that load, then run and pause for ever: the least of their states by name is not one from which the same path leads on. After
// the test of symmetry in src/checker/dfs.rs of stateright/stateright (MIT).
import { model } from "../../index.ts";
import { recordOf } from "../persistent.ts";

type Phase = "loading" | "running" | "paused";

/** The state is the phase of each process. */
export function toggle({ processes, symmetry = false }: { readonly processes: readonly string[]; readonly symmetry?: boolean }) {
  const start: Readonly<Record<string, Phase>> = recordOf(processes, "loading");
  return model({
    name: "toggle",
    init: [start],
    actions: {
      toggle: (s, next) => {
        for (const process of processes) next({ ...s, [process]: s[process] === "running" ? "paused" : "running" }, process);
      },
    },
    sometimes: { "one pauses": (s) => Object.values(s).includes("paused") },
    ...(symmetry ? { symmetry: [processes] } : {}),
  });
}
