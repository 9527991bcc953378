// A saga over one remote and one local value, with workers that clean up behind a server which may stop anywhere. After Saga.tla of
// QuangTung97/saga-tla, which states no licence: the behaviour is its, the code is not.
import { model } from "../../index.ts";
import { recordOf } from "../persistent.ts";

type Server = "start" | "call" | "write" | "abort" | "undo" | "done";
type Worker = "start" | "check" | "call" | "wait" | "abort" | "write" | "done";

interface State {
  readonly remote: "init" | "accepted" | "cancelled" | "aborted";
  readonly status: "init" | "requesting" | "force-aborted";
  readonly local: "init" | "ok";
  readonly server: Server;
  readonly workers: Readonly<Record<string, Worker>>;
}

export function saga({ workers, symmetry = false }: { readonly workers: readonly string[]; readonly symmetry?: boolean }) {
  const start: State = { remote: "init", status: "init", local: "init", server: "start", workers: recordOf(workers, "start") };
  const allDone = (s: State) => s.server === "done" && workers.every((w) => s.workers[w] === "done");
  return model({
    name: "saga with workers",
    init: [start],
    actions: {
      startRequest: (s, next) => {
        if (s.server === "start") next({ ...s, status: "requesting", server: "call" });
      },
      call: (s, next) => {
        if (s.server !== "call") return;
        next(s.remote === "init" ? { ...s, remote: "accepted", server: "write" } : { ...s, server: "done" }, "accept");
        const cancelled: State = { ...s, remote: s.remote === "init" ? "cancelled" : s.remote };
        next({ ...cancelled, server: "done" }, "cancel and stop");
        next({ ...cancelled, server: "undo" }, "cancel");
        next({ ...s, server: "done" }, "stop");
      },
      write: (s, next) => {
        if (s.server !== "write") return;
        if (s.status === "requesting") next({ ...s, local: "ok", status: "init", server: "done" });
        next({ ...s, server: "abort" });
      },
      abort: (s, next) => {
        if (s.server === "abort") next({ ...s, remote: "aborted", server: "undo" });
      },
      undo: (s, next) => {
        if (s.server === "undo") next({ ...s, status: "init", server: "done" });
      },
      work: (s, next) => {
        for (const w of workers) {
          const to = (at: Worker, change: Partial<State> = {}) => next({ ...s, ...change, workers: { ...s.workers, [w]: at } }, w);
          switch (s.workers[w]) {
            case "start":
              to("check");
              break;
            case "check":
              to(s.status === "init" ? "start" : "call");
              break;
            case "call":
              if (s.remote === "init") {
                to("write", { remote: "cancelled" });
                to("wait", { remote: "accepted" });
              } else {
                to(s.remote === "accepted" ? "wait" : "write");
              }
              break;
            case "wait":
              if (s.status === "requesting") to("abort", { status: "force-aborted" });
              else to("start");
              break;
            case "abort":
              to("write", { remote: "aborted" });
              break;
            case "write":
              to("done", { status: "init" });
              to("start");
              break;
            case "done":
            case undefined:
              break;
          }
        }
      },
      rest: (s, next) => {
        if (allDone(s)) next(s);
      },
    },
    invariants: {
      "what is written here was accepted there and stays": {
        when: (s) => s.local === "ok",
        then: (s) => s.status === "init" && s.remote === "accepted" && !workers.some((w) => s.workers[w] === "done"),
      },
      "what a worker has cleaned up is undone": {
        when: (s) => s.server === "done" && workers.some((w) => s.workers[w] === "done"),
        then: (s) => s.status === "init" && (s.remote === "cancelled" || s.remote === "aborted"),
      },
    },
    ...(symmetry ? { symmetry: [workers] } : {}),
  });
}
