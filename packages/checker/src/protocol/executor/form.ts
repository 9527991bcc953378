// The form of a delivery world: one text for all worlds that differ only in what no rule can tell apart. Epochs become ranks, since they are
// compared for equality and each new one is greater than all; positions become places in their partition's log; times become how long is
// left, since all clocks move together; batch ids go, since a request knows its batch and the machine knows which it waits for.
import type { ExecutorState } from "@evenkeel/core/engine";
import type { Commit, Grant } from "@evenkeel/core/spi";
import { EpochRanks } from "../epoch-ranks.ts";
import type { Stray } from "../owners.ts";
import { DELAY_MS, type HandedOver, type DeliveryWorld, type Input, type Process } from "./world.ts";

/** What becomes of each part of the machine's state here: a part that is new does not compile until its place is given. */
export const EXECUTOR_PARTS: Readonly<Record<keyof ExecutorState, "kept" | "left out">> = {
  phase: "kept", owned: "kept", queue: "kept", early: "kept", parked: "kept", reading: "kept", hungry: "kept", readingParked: "kept", controls: "kept", marking: "kept",
  deciding: "kept", decided: "kept", committing: "kept", forced: "kept", batchLimit: "kept", losses: "kept", stale: "kept", lastCommitAt: "kept", lastFrom: "kept",
  // The same in every world; and only compared with what it gave out itself.
  settings: "left out", nextBatch: "left out",
  // Calls have a protocol of their own: none of their ends joins a commit here.
  joining: "left out", unjoined: "left out",
};

type Batch = NonNullable<ExecutorState["deciding"]>;

export function deliveryForm(world: DeliveryWorld): string {
  return new Form(world).text();
}

class Form {
  readonly #world: DeliveryWorld;
  readonly #epochs: EpochRanks;

  constructor(world: DeliveryWorld) {
    this.#world = world;
    this.#epochs = new EpochRanks(world);
    for (const { machine, flights } of world.owners) {
      if (machine !== null) this.#noteMachine(machine);
      for (const flight of flights) this.#noteFlight(flight);
    }
  }

  #noteMachine(machine: ExecutorState): void {
    this.#epochs.noteAll([...machine.owned.values()]);
    const batches = [machine.marking, machine.deciding, machine.decided?.batch, machine.committing?.batch];
    for (const batch of batches) if (batch != null) this.#epochs.noteAll(batch.fences);
    if (machine.readingParked !== null) this.#epochs.noteAll(machine.readingParked);
    if (typeof machine.controls !== "string") this.#epochs.noteAll(machine.controls);
  }

  #noteFlight(flight: Process["flights"][number]): void {
    switch (flight.kind) {
      case "acquire": case "release": return this.#epochs.noteLease(flight);
      case "read": return this.#epochs.noteAll(flight.request.epochs);
      case "applyControls": return this.#epochs.noteAll(flight.request.fences);
      case "mark": return this.#epochs.note(flight.request.fence);
      case "commit": return this.#epochs.noteAll(flight.request.commit.fences);
      case "handed": case "readParked": case "decide": return;
    }
  }

  // --- parts ----------------------------------------------------------------------------------------------------------------------

  text(): string {
    const { owners, published, strays, budget, trespass } = this.#world;
    const left = `${String(budget.losses)}${String(budget.faults)}${String(budget.failures)}${String(budget.handovers)}${String(budget.controls)}`;
    const air = strays.map((stray) => this.#stray(stray)).sort().join(";");
    return `${this.#store()}|${owners.map((one) => this.#process(one)).join("|")}|${air}|${left}${String(published)}${trespass ? "!" : ""}`;
  }

  /** How many messages of the partition stand up to there. */
  #place(partition: number, position: number): string {
    let count = 0;
    for (const message of this.#world.store.log[partition] ?? []) {
      if (message.position > position) break;
      count++;
    }
    return String(count);
  }

  #until(at: number | null): string {
    return at === null ? "-" : String(Math.max(0, at - this.#world.nowMs));
  }

  #store(): string {
    const { store } = this.#world;
    const leases = this.#epochs.leases(this.#world, ({ position, grantedAt, deaths, mark }, partition) => {
      const marked = mark === null ? "" : `m${this.#place(partition, mark.position)}${this.#epochs.one({ partition, epoch: mark.epoch })}`;
      return `@${this.#place(partition, position)}${position === grantedAt ? "=" : ""}${String(Math.min(2, deaths))}${marked}`;
    });
    // Of what took effect only the order within each key is ever looked at.
    const effects = (store.log.at(-1) ?? []).map(({ key, causationId }) => ({ key, text: `${key}:${causationId ?? ""}` }))
      .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0).map(({ text }) => text);
    const parked = [...store.parked.values()].map((rows) =>
      rows.map(({ message, attempts, due }) => `${message.id}:${String(attempts)}:${this.#until(due)}`).join(","));
    const controls = store.controls.map(({ action, partition, position, result }) => {
      const what = `${action}${String(partition)}@${this.#place(partition, position)}`;
      // Of those that were acted on only the skips are remembered, by what must hold of them.
      return result === null ? what : result === "done" && action === "skip" ? `done ${what}` : "";
    }).filter((one) => one !== "");
    return `${leases}#${effects.join()}#${parked.join(";")}#${controls.join()}`;
  }

  #process({ machine, held, flights, wakeAt }: Process): string {
    if (machine === null) return "crashed";
    return `${this.#machine(machine)}~${this.#epochs.held(held)}~${flights.map((flight) => this.#flight(flight)).sort().join(";")}~${this.#until(wakeAt)}`;
  }

  #machine(state: ExecutorState): string {
    const { nowMs } = this.#world;
    const owned = [...state.owned.values()].map((one) => {
      const { partition, committed, assigned, read, leaving, suspectUntil, suspectPending } = one;
      const suspicion = suspectUntil === 0 && !suspectPending ? "" : `s${this.#place(partition, suspectUntil)}${suspectPending ? "p" : ""}`;
      return `${this.#epochs.one(one)}:${this.#place(partition, committed)}${this.#place(partition, assigned)}${this.#place(partition, read)}${leaving ? "l" : ""}${suspicion}`;
    });
    const parked = [...state.parked.values()].map(({ key, count, dueAt, suspect }) => `${key}${String(count)}:${this.#until(dueAt)}${suspect ? "s" : ""}`);
    const early = [...state.early].map(([partition, kept]) => `${String(partition)}:${this.#handovers(kept)}`);
    const idle = Math.min(DELAY_MS, Math.max(0, nowMs - state.lastCommitAt));
    const forced = [...state.forced].map(([position, { code }]) => `${this.#label(position)}${code}`).sort();
    const controls = typeof state.controls === "string" ? state.controls : this.#epochs.all(state.controls);
    const reading = state.readingParked === null ? "" : `R${this.#epochs.all(state.readingParked)}`;
    const decided = (one: ExecutorState["decided"]): string => one === null ? "-" : `${this.#batch(one.batch)}=${this.#commit(one.commit)}${one.solo ? "s" : ""}`;
    return [
      state.phase, owned.join(), state.queue.map(({ id }) => id).join(), early.join(), parked.join(), state.reading ? "r" : "", [...state.hungry].sort().join(""), reading, controls,
      this.#batch(state.marking), this.#batch(state.deciding), decided(state.decided), decided(state.committing), forced.join(),
      `${String(state.batchLimit)}${String(Math.min(2, state.losses))}${state.stale ? "s" : ""}${state.lastFrom}${String(idle)}`,
    ].join("/");
  }

  /** The message that stands at a position. */
  #label(position: number): string {
    for (const messages of this.#world.store.log) for (const message of messages) if (message.position === position) return message.id;
    return "?";
  }

  #batch(batch: Batch | null): string {
    if (batch === null) return "-";
    const items = batch.items.map(({ message, plan }) => `${message.id}${plan.kind}${plan.kind === "fail" ? plan.failure.code : ""}`).join();
    return `${batch.from}[${items}][${batch.attempts.join()}]${this.#epochs.all(batch.fences)}${this.#progress(batch.progress)}${batch.marked === null ? "" : "m"}`;
  }

  #progress(progress: Commit["progress"]): string {
    return progress.map(({ partition, from, to }) => `${String(partition)}:${this.#place(partition, from)}>${this.#place(partition, to)}`).join();
  }

  #commit({ fences, progress, messages, park, unpark, retries }: Commit): string {
    const parks = park.map(({ message, head }) => `${message.id}${head === null ? "q" : `${String(head.attempts)}:${String(head.retryInMs)}`}`);
    const again = retries.map(({ position, status }) => `${this.#label(position)}${String(status.attempts)}:${String(status.retryInMs)}`);
    const done = unpark.map(({ position }) => this.#label(position));
    return `${this.#epochs.all(fences)}${this.#progress(progress)}e${messages.map(({ id }) => id).join()}p${parks.join()}u${done.join()}r${again.join()}`;
  }

  #flight(flight: Process["flights"][number]): string {
    switch (flight.kind) {
      case "acquire": return `acquire${flight.grants.map((grant) => this.#grant(grant)).join()}`;
      case "release": return `release${this.#epochs.all(flight.fences)}`;
      case "handed": return `handed${this.#input(flight.input)}`;
      case "read": return `read${flight.request.cursors.map(({ partition, position }) => `${String(partition)}@${this.#place(partition, position)}`).join()}${this.#epochs.all(flight.request.epochs)}${this.#input(flight.answer)}`;
      case "readParked": return `parked${flight.request.keys.map(({ key }) => key).join()}${String(flight.request.limit)}${this.#input(flight.answer)}`;
      case "applyControls": return `controls${this.#epochs.all(flight.request.fences)}${this.#input(flight.answer)}`;
      case "mark": return `mark${this.#epochs.one(flight.request.fence)}@${this.#place(flight.request.fence.partition, flight.request.position)}${this.#input(flight.answer)}`;
      case "decide": return "decide";
      case "commit": return `commit${flight.answer?.kind ?? ""}`;
    }
  }

  #grant(grant: Grant): string {
    const parked = grant.parked.map(({ key, count, dueInMs }) => `${key}${String(count)}:${String(dueInMs)}`).join();
    const mark = grant.mark === null ? "" : `m${this.#place(grant.partition, grant.mark)}`;
    return `${this.#epochs.one(grant)}@${this.#place(grant.partition, grant.position)}[${parked}]${grant.suspect ? "s" : ""}${mark}`;
  }

  #input(input: Input | null): string {
    if (input === null) return "";
    switch (input.kind) {
      case "handed": return this.#handovers(input.handovers);
      case "read": return `:${input.result.messages.map(({ id }) => id).join()}:${input.result.bounds.map(({ partition, position }) => this.#place(partition, position)).join()}`;
      case "parkedRead": return `:${input.messages.map(({ message, attempts }) => `${message.id}${String(attempts)}`).join()}`;
      case "marked": return `:${input.result}`;
      case "controlled": return `:${input.keys.map(({ key, remaining, due }) => `${key}${String(remaining)}${due ? "d" : ""}`).join()}`;
      default: throw new Error(`No request is answered with '${input.kind}'.`);
    }
  }

  #handovers(handovers: readonly HandedOver[]): string {
    return handovers.map(({ partition, after, to }) => `${String(partition)}:${this.#place(partition, after)}>${this.#place(partition, to)}`).join();
  }

  #stray(stray: Stray): string {
    switch (stray.kind) {
      case "commit": return `commit${this.#commit(stray.commit)}`;
      case "mark": return `mark${this.#epochs.one(stray.fence)}@${this.#place(stray.fence.partition, stray.position)}`;
      case "release": return `release${this.#epochs.all(stray.fences)}`;
    }
  }
}
