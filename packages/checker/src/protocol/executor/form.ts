// The form of a delivery world: one text for all worlds that differ only in what no rule can tell apart. Epochs become ranks, since they are
// compared for equality and each new one is greater than all; the machines' part is in machine-form.ts.
import { EpochRanks } from "../epoch-ranks.ts";
import type { Stray } from "../owners.ts";
import { ExecutorForm } from "./machine-form.ts";
import type { DeliveryWorld, Process } from "./world.ts";

export function deliveryForm(world: DeliveryWorld): string {
  return new Form(world).text();
}

class Form {
  readonly #world: DeliveryWorld;
  readonly #epochs: EpochRanks;
  readonly #executor: ExecutorForm;

  constructor(world: DeliveryWorld) {
    this.#world = world;
    this.#epochs = new EpochRanks(world);
    this.#executor = new ExecutorForm(world, this.#epochs);
    for (const { machine, flights } of world.owners) {
      if (machine !== null) this.#executor.note(machine);
      for (const flight of flights) this.#noteFlight(flight);
    }
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

  #store(): string {
    const { store } = this.#world;
    const leases = this.#epochs.leases(this.#world, ({ position, grantedAt, deaths, mark }, partition) => {
      const marked = mark === null ? "" : `m${this.#executor.place(partition, mark.position)}${this.#epochs.one({ partition, epoch: mark.epoch })}`;
      return `@${this.#executor.place(partition, position)}${position === grantedAt ? "=" : ""}${String(Math.min(2, deaths))}${marked}`;
    });
    // Of what took effect only the order within each key is ever looked at.
    const effects = (store.log.at(-1) ?? []).map(({ key, causationId }) => ({ key, text: `${key}:${causationId ?? ""}` }))
      .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0).map(({ text }) => text);
    const parked = [...store.parked.values()].map((rows) =>
      rows.map(({ message, attempts, due }) => `${message.id}:${String(attempts)}:${this.#executor.until(due)}`).join(","));
    const controls = store.controls.map(({ action, partition, position, result }) => {
      const what = `${action}${String(partition)}@${this.#executor.place(partition, position)}`;
      // Of those that were acted on only the skips are remembered, by what must hold of them.
      return result === null ? what : result === "done" && action === "skip" ? `done ${what}` : "";
    }).filter((one) => one !== "");
    return `${leases}#${effects.join()}#${parked.join(";")}#${controls.join()}`;
  }

  #process({ machine, held, flights, wakeAt }: Process): string {
    if (machine === null) return "crashed";
    return `${this.#executor.machine(machine)}~${this.#epochs.held(held)}~${flights.map((flight) => this.#flight(flight)).sort().join(";")}~${this.#executor.until(wakeAt)}`;
  }

  #flight(flight: Process["flights"][number]): string {
    switch (flight.kind) {
      case "acquire": return `acquire${flight.grants.map((grant) => this.#executor.grant(grant)).join()}`;
      case "release": return `release${this.#epochs.all(flight.fences)}`;
      case "handed": return `handed${this.#executor.input(flight.input)}`;
      case "read": return `read${flight.request.cursors.map(({ partition, position }) => `${String(partition)}@${this.#executor.place(partition, position)}`).join()}${this.#epochs.all(flight.request.epochs)}${this.#executor.input(flight.answer)}`;
      case "readParked": return `parked${flight.request.keys.map(({ key }) => key).join()}${String(flight.request.limit)}${this.#executor.input(flight.answer)}`;
      case "applyControls": return `controls${this.#epochs.all(flight.request.fences)}${this.#executor.input(flight.answer)}`;
      case "mark": return `mark${this.#epochs.one(flight.request.fence)}@${this.#executor.place(flight.request.fence.partition, flight.request.position)}${this.#executor.input(flight.answer)}`;
      case "decide": return "decide";
      case "commit": return `commit${flight.answer?.kind ?? ""}`;
    }
  }

  #stray(stray: Stray): string {
    switch (stray.kind) {
      case "commit": return `commit${this.#executor.commit(stray.commit)}`;
      case "mark": return `mark${this.#epochs.one(stray.fence)}@${this.#executor.place(stray.fence.partition, stray.position)}`;
      case "release": return `release${this.#epochs.all(stray.fences)}`;
    }
  }
}
