// The form of a world of calls: one text for all worlds that differ only in what no rule can tell apart. The machines' part is in machine-form.ts.
import type { CallRunnerState } from "@evenkeel/core/engine";
import type { CallUpdate, Commit } from "@evenkeel/core/spi";
import { EpochRanks } from "../epoch-ranks.ts";
import { kindOf, RunnerForm, waitsFor } from "./machine-form.ts";
import { outcomesOf, type CallFlight, type CallsWorld } from "./world.ts";

export function callsForm(world: CallsWorld): string {
  const { store, owners, strays, requested, budget, trespass, effects, late, heard, abandoned, overtaken } = world;
  const epochs = new EpochRanks(world);
  const runner = new RunnerForm(world, epochs);
  for (const { machine, flights } of owners) {
    if (machine !== null) runner.note(machine);
    for (const flight of flights) {
      if (flight.kind === "acquire" || flight.kind === "release") epochs.noteLease(flight);
      else if (flight.kind === "scan") epochs.noteAll(flight.request.epochs);
    }
  }
  const updateOf = ({ id, change, outcome }: CallUpdate): string =>
    `${id}${change.kind === "set" ? `${change.state}${String(change.attempts)}:${String(change.dueInMs)}` : "x"}${kindOf(outcome)}`;
  const commitOf = ({ fences, callUpdates }: Commit): string => `${epochs.all(fences)}:${callUpdates.map(updateOf).join()}`;

  const flightOf = (flight: CallFlight, machine: CallRunnerState | null): string => {
    switch (flight.kind) {
      case "scan": return `scan${epochs.all(flight.request.epochs)}@${String(flight.request.after)}${flight.answer === null ? "" : `:${flight.answer.map((row) => runner.record(row)).join()}`}`;
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
    return `${runner.machine(machine)}~${sent}~${epochs.held(held)}~${runner.until(wakeAt)}`;
  });
  const air = strays.map((stray) => stray.kind === "commit" ? commitOf(stray.commit) : stray.kind === "release" ? `release${epochs.all(stray.fences)}` : "mark").sort();
  const rows = [...store.calls.values()].map(({ id, state, attempts, due, deadline }) => `${id}${state}${String(attempts)}:${runner.until(due)}:${runner.until(deadline)}`);
  const outcomes = outcomesOf(store);
  // Of those that were heard only what they say is looked at.
  const told = [...outcomes.slice(0, heard).map(({ callId, kind }) => `${callId}:${kind}`).sort(), "|", ...outcomes.slice(heard).map(({ callId, kind }) => `${callId}:${kind}`)];
  const left = `${String(budget.losses)}${String(budget.faults)}${String(budget.handovers)}${String(budget.troubles)}${String(budget.ticks)}${String(requested)}${trespass ? "!" : ""}${overtaken ? "?" : ""}`;
  return [epochs.leases(world, () => ""), rows.join(), told.join(), effects.join(), [...late].sort().join(), abandoned.join(), ...processes, air.join("+"), left].join("|");
}
