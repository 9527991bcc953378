// The form of a world of timers: one text for all worlds that differ only in what no rule can tell apart. Epochs become ranks; timers are
// named by their message, which says which setting of which timer it is; times become how long is left.
import { EpochRanks } from "../epoch-ranks.ts";
import type { Commit, DueTimers } from "@evenkeel/core/spi";
import { DELAY_MS, type TimerFlight, type TimerMachine, type TimersWorld } from "./world.ts";

/** What becomes of each part of the machine's state here: a part that is new does not compile until its place is given. */
export const TIMER_OWNER_PARTS: Readonly<Record<keyof TimerMachine, "kept" | "left out">> = {
  phase: "kept", owned: "kept", reading: "kept", committing: "kept", hungry: "kept", limit: "kept",
  // The same in every world; only compared with what it gave out itself; no message is refused here.
  settings: "left out", nextCommit: "left out", refused: "left out",
};

export function timersForm(world: TimersWorld): string {
  const { store, owners, strays, nowMs, commands, budget, timers, trespass } = world;
  const epochs = new EpochRanks(world);
  for (const { machine, flights } of owners) {
    if (machine !== null) {
      epochs.noteAll([...machine.owned.values()]);
      epochs.noteAll(machine.reading ?? []);
      epochs.noteAll(machine.committing?.fences ?? []);
    }
    for (const flight of flights) if (flight.kind === "acquire" || flight.kind === "release") epochs.noteLease(flight);
  }
  const until = (at: number | null): string => at === null ? "-" : String(Math.min(DELAY_MS, Math.max(0, at - nowMs)));
  const ids = (due: DueTimers["due"]): string => due.map(({ message }) => message.id).join();
  const commitOf = ({ fences, firedTimers }: Commit): string => `${epochs.all(fences)}:${ids(firedTimers)}`;
  const flightOf = (flight: TimerFlight): string => {
    if (flight.kind === "commit") return `commit${flight.answer?.kind ?? ""}`;
    const { answer } = flight;
    return `read${flight.request.partitions.join()}/${String(flight.request.limit)}${answer?.kind === "due" ? `:${ids(answer.due)}:${String(answer.nextInMs)}` : ""}`;
  };
  const processes = owners.map(({ machine, held, flights, wakeAt }) => {
    if (machine === null) return "crashed";
    const owned = [...machine.owned.values()].map((one) => `${epochs.one(one)}${one.leaving ? "l" : ""}`).join();
    const { committing, reading, hungry, limit } = machine;
    const sent = flights.map((flight) => {
      if (flight.kind === "acquire") return `acquire${epochs.all(flight.grants)}`;
      return flight.kind === "release" ? `release${epochs.all(flight.fences)}` : flightOf(flight);
    }).sort().join(";");
    const commit = committing === null ? "" : `${epochs.all(committing.fences)}:${ids(committing.timers)}`;
    return `${machine.phase}/${owned}/${reading === null ? "-" : epochs.all(reading)}/${commit}/${hungry ? "h" : ""}${String(limit)}/${sent}/${epochs.held(held)}/${until(wakeAt)}`;
  });
  const late = strays.map((stray) => stray.kind === "commit" ? commitOf(stray.commit) : stray.kind === "release" ? `release${epochs.all(stray.fences)}` : "mark").sort();
  const rows = [...store.timers.values()].map(({ message, due }) => `${message.id}:${until(due)}`).join();
  const fired = store.log.flat().map(({ id }) => id).sort().join();
  const ended = timers.map(({ message, ended: over, dueAt }) => `${message}${over ? "x" : ""}${until(dueAt)}`).join();
  const left = `${String(budget.losses)}${String(budget.faults)}${String(budget.handovers)}${String(commands)}${trespass ? "!" : ""}`;
  return [epochs.leases(world, () => ""), rows, fired, ended, ...processes, late.join("+"), left].join("|");
}
