// faultyStore: a store whose commits, publishes and changes of shared breakers fail as a plan says, in the ways the interface allows.
// Everything else passes straight through. It never loses or invents data: what it says happened, or did not, is true once the late ones are through.
import { EvenkeelError } from "@evenkeel/core";
import type { Host, Store } from "@evenkeel/core/spi";
import type { Fault, FaultPlan, FaultPoint } from "./fault-plan.ts";

/** A fault that was injected: the `index`-th operation at its point, from 0. */
export interface InjectedFault { readonly point: FaultPoint; readonly index: number; readonly fault: Fault }

export interface FaultyStore extends Store {
  /** What was injected so far, in order: a test that injected nothing has tested nothing. */
  injected(): readonly InjectedFault[];
  /** Resolves when every late commit and publish has ended. */
  settled(): Promise<void>;
}

const REASON = "injected: the connection was lost before the answer came";

/**
 * Wraps a store so that its commits, publishes and changes of shared breakers meet the plan's faults.
 *
 * @param host delays come from it.
 * @example
 * const store = faultyStore(memoryStore({ host }), plannedFaults({ commit: [{ kind: "inDoubtDone" }] }), host);
 * await store.commit(commit); // { kind: "inDoubt", … }, and the commit happened
 */
export function faultyStore(store: Store, plan: FaultPlan, host: Host): FaultyStore {
  const injected: InjectedFault[] = [];
  const counts = { commit: 0, publish: 0, breaker: 0 };
  const late = new Set<Promise<unknown>>();

  const pause = (ms: number): Promise<void> => new Promise((resolve) => { host.after(ms, resolve); });

  async function meet<T>(point: FaultPoint, run: () => Promise<T>, inDoubt: () => T): Promise<T> {
    const index = counts[point]++;
    const fault = plan.next(point);
    if (fault === null) return run();
    injected.push({ point, index, fault });
    switch (fault.kind) {
      case "unavailable":
        throw new EvenkeelError("STORE_UNAVAILABLE", `The store does not answer (injected at ${point} ${String(index)}): try again.`);
      case "inDoubtDone":
        await run();
        return inDoubt();
      case "inDoubtUndone":
        return inDoubt();
      case "inDoubtLate": {
        // Nobody waits for its result any more; a real server would have no one to tell it either.
        const running: Promise<unknown> = pause(fault.lateMs).then(run).then(() => undefined, () => undefined);
        late.add(running);
        void running.finally(() => { late.delete(running); });
        return inDoubt();
      }
      case "delay": {
        await pause(fault.beforeMs);
        const result = await run();
        await pause(fault.afterMs);
        return result;
      }
    }
  }

  return {
    injected: () => injected,
    settled: async () => { while (late.size > 0) await Promise.all(late); },
    commit: (commit) => meet("commit", () => store.commit(commit), () => ({ kind: "inDoubt", reason: REASON })),
    publish: (calls) => meet("publish", () => store.publish(calls), () => calls.map(() => ({ kind: "inDoubt", reason: REASON }))),

    prepare: (manifest) => store.prepare(manifest),
    maintain: () => store.maintain(),
    close: () => store.close(),
    read: (request) => store.read(request),
    load: (documents) => store.load(documents),
    transaction: (work) => store.transaction(work),
    handled: (group, place) => store.handled(group, place),
    onHint: (listener) => store.onHint(listener),
    hintsArrive: () => store.hintsArrive?.() ?? true,
    tails: () => store.tails(),
    hint: (hint) => { store.hint(hint); },
    join: (worker) => store.join(worker),
    roster: () => store.roster(),
    acquire: (request) => store.acquire(request),
    release: (request) => store.release(request),
    mark: (request) => store.mark(request),
    gather: (request) => store.gather(request),
    readRevivals: (request) => store.readRevivals(request),
    readCalls: (request) => store.readCalls(request),
    listCalls: (filter) => store.listCalls(filter),
    requestCallControl: (request) => store.requestCallControl(request),
    readCallControls: (request) => store.readCallControls(request),
    callControls: (filter) => store.callControls(filter),
    changeBreaker: (change) => meet("breaker", () => store.changeBreaker(change), () => {
      throw new EvenkeelError("STORE_UNAVAILABLE", `${REASON}: try again.`);
    }),
    listBreakers: () => store.listBreakers(),
    resetBreaker: (reset) => store.resetBreaker(reset),
    breakerResets: (filter) => store.breakerResets(filter),
    readTimers: (request) => store.readTimers(request),
    readParked: (request) => store.readParked(request),
    listParked: (filter) => store.listParked(filter),
    requestControl: (requests) => store.requestControl(requests),
    applyControls: (request) => store.applyControls(request),
    controls: (filter) => store.controls(filter),
    summary: () => store.summary(),
  };
}
