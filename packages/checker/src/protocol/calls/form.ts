// The form of a world of calls: one text for all worlds that differ only in what no rule can tell apart. Epochs become ranks; tickets and commit
// numbers go, since an attempt knows its call and the machine which attempt it waits for; times become how long is left; of heaps only what
// they are made of is kept, which is in the calls.
import type { CallRunnerState } from "@evenkeel/core/engine";
import type { CallRecord, CallUpdate, Commit } from "@evenkeel/core/spi";
import { EpochRanks } from "../epoch-ranks.ts";
import { DELAY_MS, outcomesOf, type CallFlight, type CallsWorld } from "./world.ts";

/** What becomes of each part of the machine's state here: a part that is new does not compile until its place is given. */
export const CALL_RUNNER_PARTS: Readonly<Record<keyof CallRunnerState, "kept" | "left out">> = {
  phase: "kept", owned: "kept", calls: "kept", left: "kept", newNext: "kept", keys: "kept", operations: "kept", lookAt: "kept", orphans: "kept", scanning: "kept",
  answers: "kept", seen: "kept", staged: "kept", committing: "kept", commitLimit: "kept",
  // The same in every world; counted from what is kept; made of what is kept, but for entries that count no more.
  settings: "left out", callCount: "left out", kept: "left out", bulkheads: "left out", busy: "left out", timers: "left out", timerCount: "left out", queued: "left out",
  // Only compared with what it gave out itself; nobody asks for anything about calls here.
  nextCommit: "left out", nextTicket: "left out", controls: "left out", reviving: "left out",
};

type Live = { readonly call: CallRecord; readonly ticket: number };

export function callsForm(world: CallsWorld): string {
  const { store, owners, strays, nowMs, requested, budget, trespass, effects, late, heard, abandoned, overtaken } = world;
  const epochs = new EpochRanks(world);
  for (const { machine, flights } of owners) {
    if (machine !== null) noteMachine(epochs, machine);
    for (const flight of flights) {
      if (flight.kind === "acquire" || flight.kind === "release") epochs.noteLease(flight);
      else if (flight.kind === "scan") epochs.noteAll(flight.request.epochs);
    }
  }
  const until = (at: number | null): string => {
    if (at === null) return "-";
    const left = at - nowMs;
    return left > DELAY_MS ? "f" : String(Math.max(0, left));
  };
  const since = (at: number): string => String(Math.min(DELAY_MS, nowMs - at));
  const record = ({ id, state, attempts, dueInMs, deadlineInMs }: CallRecord): string =>
    `${id}${state}${String(attempts)}:${String(dueInMs)}:${deadlineInMs > DELAY_MS ? "f" : String(Math.max(0, deadlineInMs))}`;
  const updateOf = ({ id, change, outcome }: CallUpdate): string =>
    `${id}${change.kind === "set" ? `${change.state}${String(change.attempts)}:${String(change.dueInMs)}` : "x"}${kindOf(outcome)}`;
  const commitOf = ({ fences, callUpdates }: Commit): string => `${epochs.all(fences)}:${callUpdates.map(updateOf).join()}`;

  const machineOf = (state: CallRunnerState): string => {
    const owned = [...state.owned.values()].map((one) =>
      `${epochs.one(one)}@${String(one.cursor)}${one.hungry ? "h" : ""}${one.leaving ? "l" : ""}${one.caughtUp ? "" : `c${since(one.grantedAt)}`}`);
    const calls = state.calls.flatMap((row) => row.flatMap((map) => [...map.values()])).sort((a, b) => a.call.sequence - b.call.sequence).map((live) => {
      const { id, state: row, attempts } = live.call;
      const finding = live.finding === null ? "" : live.finding.kind;
      return `${id}${row}${String(attempts)}${live.status}:${until(live.dueAt)}:${until(live.deadlineAt)}:${until(live.timerAt)}${live.uncertain ? "u" : ""}${finding}${live.answer ?? ""}${live.share === null ? "n" : ""}`;
    });
    const keys = state.keys.flatMap((row) => row.flatMap((map) => [...map].map(([key, ids]) => `${key}:${ids.join("<")}`))).sort();
    const orphans = [...state.orphans.values()].map(({ id, state: row, attempts, status, finding }) => `${id}${row}${String(attempts)}${status}${finding?.kind ?? ""}`);
    const active = [...state.operations.values()].map((load) => String(load.active));
    const { scanning } = state;
    const scan = scanning === null ? "" : `${scanning.of === "new" ? "new" : "left"}${epochs.all(scanning.fences)}@${String(scanning.after)}:${String(scanning.seen)}:${since(scanning.startedAt)}`;
    const staged = [...state.staged, ...state.committing?.updates ?? []].map(({ partition, epoch, id, change, outcome, refusals }) =>
      `${epochs.one({ partition, epoch })}${id}${change.kind}${change.kind === "set" ? `${change.state}${String(change.attempts)}:${until(change.dueAt)}` : ""}${kindOf(outcome)}${String(refusals)}`);
    return [
      state.phase, owned.join(), calls.join(";"), keys.join(";"), orphans.join(), active.join(), scan, [...state.answers].join(), String(state.staged.length),
      staged.join(), `${String(state.seen)}${String(state.commitLimit)}${state.newNext ? "n" : ""}${String(state.left.count)}`, until(state.lookAt),
    ].join("/");
  };
  const flightOf = (flight: CallFlight, machine: CallRunnerState | null): string => {
    switch (flight.kind) {
      case "scan": return `scan${epochs.all(flight.request.epochs)}@${String(flight.request.after)}${flight.answer === null ? "" : `:${flight.answer.map(record).join()}`}`;
      case "commit": return `commit${flight.answer?.kind ?? ""}`;
      case "perform": return `perform${flight.request.call.id}${flight.state}${waitsFor(machine, flight.request) ? "" : "?"}`;
      case "ask": return `ask${flight.request.call.id}${flight.answer ?? ""}${waitsFor(machine, flight.request) ? "" : "?"}`;
      case "answered": return `answered${flight.callId}${flight.answer}`;
    }
  };
  const processes = owners.map(({ machine, held, flights, wakeAt }) => {
    if (machine === null) return "crashed";
    const sent = flights.map((flight) => {
      if (flight.kind === "acquire") return `acquire${epochs.all(flight.grants)}`;
      return flight.kind === "release" ? `release${epochs.all(flight.fences)}` : flightOf(flight, machine);
    }).sort().join(";");
    return `${machineOf(machine)}~${sent}~${epochs.held(held)}~${until(wakeAt)}`;
  });
  const air = strays.map((stray) => stray.kind === "commit" ? commitOf(stray.commit) : stray.kind === "release" ? `release${epochs.all(stray.fences)}` : "mark").sort();
  const rows = [...store.calls.values()].map(({ id, state, attempts, due, deadline }) => `${id}${state}${String(attempts)}:${until(due)}:${until(deadline)}`);
  const outcomes = outcomesOf(store);
  // Of those that were heard only what they say is looked at.
  const told = [...outcomes.slice(0, heard).map(({ callId, kind }) => `${callId}:${kind}`).sort(), "|", ...outcomes.slice(heard).map(({ callId, kind }) => `${callId}:${kind}`)];
  const left = `${String(budget.losses)}${String(budget.faults)}${String(budget.handovers)}${String(budget.troubles)}${String(budget.ticks)}${String(requested)}${trespass ? "!" : ""}${overtaken ? "?" : ""}`;
  return [epochs.leases(world, () => ""), rows.join(), told.join(), effects.join(), [...late].sort().join(), abandoned.join(), ...processes, air.join("+"), left].join("|");
}

function noteMachine(epochs: EpochRanks, { owned, scanning, staged, committing }: CallRunnerState): void {
  epochs.noteAll([...owned.values()]);
  epochs.noteAll(scanning?.fences ?? []);
  epochs.noteAll(staged);
  epochs.noteAll(committing?.updates ?? []);
}

function kindOf(outcome: { readonly body: string } | null): string {
  return outcome === null ? "" : outcome.body.split('"')[3] ?? "";
}

/** Whether the machine still listens to this attempt. */
function waitsFor(machine: CallRunnerState | null, { call, ticket }: Live): boolean {
  if (machine === null) return false;
  return machine.orphans.get(call.id)?.ticket === ticket || machine.calls.some((row) => row.some((map) => map.get(call.id)?.ticket === ticket));
}
