// The form of a world in which ends of calls join commits: one text for all worlds that differ only in what no rule can tell apart. The machines'
// parts are those of the protocols that explore them apart.
import type { CallRunnerState } from "@evenkeel/core/engine";
import type { Envelope } from "@evenkeel/core/spi";
import { RunnerForm, waitsFor } from "../calls/machine-form.ts";
import { EpochRanks } from "../epoch-ranks.ts";
import { ExecutorForm } from "../executor/machine-form.ts";
import type { Stray } from "../owners.ts";
import { bodyOf, documentsOf, entriesOf, isOpen } from "../unrecorded/document.ts";
import { effectsOf, logOf, nameOf, partitionOf, reviveOf, type Flight, type JoinWorld, type Process, type Service, type Told } from "./world.ts";

export function joinForm(world: JoinWorld): string {
  return new Form(world).text();
}

class Form {
  readonly #world: JoinWorld;
  readonly #epochs: EpochRanks;
  readonly #executor: ExecutorForm;
  readonly #runner: RunnerForm;
  /** What has taken effect: nobody asks any more whether it did so in time. */
  readonly #done: ReadonlySet<string>;
  readonly #names: ReadonlyMap<string, string>;

  constructor(world: JoinWorld) {
    const { store } = world;
    this.#world = world;
    this.#done = new Set(effectsOf(store).map(({ of }) => of));
    this.#names = new Map(logOf(store).flatMap((messages) => messages.map((message, place) => [message.id, `${nameOf(message)}@${String(place)}`] as const)));
    this.#epochs = new EpochRanks(world);
    this.#executor = new ExecutorForm(world, this.#epochs, (envelope) => this.#name(envelope), (body, key) => this.#says(body, key));
    this.#runner = new RunnerForm(world, this.#epochs);
    for (const { key, entries } of documentsOf(store)) {
      for (const entry of entries) if (isOpen(entry)) this.#epochs.note({ partition: this.#partitionOf(key), epoch: entry.epoch });
    }
    for (const message of logOf(store).flat()) {
      const before = this.#beforeOf(message);
      if (before !== null) this.#epochs.note({ partition: message.partition, epoch: before });
    }
    for (const { machine, flights } of world.owners) {
      if (machine !== null) {
        this.#executor.note(machine.executor);
        this.#runner.note(machine.runner);
        this.#epochs.noteAll(machine.offer?.ends.fences ?? []);
        this.#epochs.noteAll(releasing(machine));
      }
      for (const flight of flights) this.#noteFlight(flight);
    }
  }

  #noteFlight(flight: Process["flights"][number]): void {
    switch (flight.kind) {
      case "acquire": case "release": return this.#epochs.noteLease(flight);
      case "read": case "scan": return this.#epochs.noteAll(flight.request.epochs);
      case "mark": return this.#epochs.note(flight.request.fence);
      case "commit": return this.#epochs.noteAll(flight.request.commit.fences);
      case "ends": return this.#epochs.noteAll(flight.request.changes.fences);
      case "handed": case "readParked": case "decide": case "joinEnded": case "perform": case "ask": case "revivals": return;
    }
  }

  text(): string {
    const { owners, strays, published, budget, trespass, poached, overtaken, killed, applied, twice, needless, lingering } = this.#world;
    const { losses, faults, handovers, refusals, failures, troubles, ticks } = budget;
    const left = [losses, faults, handovers, refusals, failures, troubles, ticks, published, killed].join("");
    const air = strays.map((stray) => this.#stray(stray)).sort().join(";");
    const flags = `${trespass ? "!" : ""}${poached ? "?" : ""}${overtaken ? "<" : ""}${twice ? "2" : ""}${needless ? "-" : ""}${lingering ? "+" : ""}${applied.join()}`;
    return [this.#store(), ...owners.map((one) => this.#process(one)), air, left + flags].join("|");
  }

  /** Messages of the log by their places: ids of outcomes tell of epochs and clocks. */
  #name(envelope: Envelope): string {
    const before = this.#beforeOf(envelope);
    const own = `${this.#names.get(envelope.id) ?? nameOf(envelope)}${before === null ? "" : this.#epochs.one({ partition: envelope.partition, epoch: before })}`;
    if (envelope.name !== "effect") return own;
    const [call, kind, ...knew] = envelope.body.split("|");
    return `${this.#names.get(envelope.causationId ?? "") ?? own}:${call ?? ""}:${kind ?? ""}:${knew.filter((id) => !this.#done.has(id)).map((id) => this.#names.get(id) ?? id).join("+")}`;
  }

  /** The epoch of a revival that is still to be handled. */
  #beforeOf(envelope: Envelope): number | null {
    const revive = this.#done.has(envelope.id) ? null : reviveOf(envelope);
    return revive?.kind === "key" ? revive.before : null;
  }

  #says(body: string, key: string): string {
    const partition = this.#partitionOf(key);
    return entriesOf(body).map((entry) => `${entry.call}${entry.state}${isOpen(entry) ? this.#epochs.one({ partition, epoch: entry.epoch }) : ""}`).join("&");
  }

  #partitionOf(key: string): number {
    return partitionOf(this.#world.store, key);
  }

  #store(): string {
    const { store } = this.#world;
    const leases = this.#epochs.leases(this.#world, ({ position, grantedAt, deaths, mark }, partition) => {
      const marked = mark === null ? "" : `m${this.#executor.place(partition, mark.position)}${this.#epochs.one({ partition, epoch: mark.epoch })}`;
      return `@${this.#executor.place(partition, position)}${position === grantedAt ? "=" : ""}${String(Math.min(2, deaths))}${marked}`;
    });
    const log = logOf(store).map((messages) => messages.map((message) => this.#logged(message)).join());
    // Of what took effect only the order within each key is ever looked at.
    const effects = effectsOf(store).map(({ of, key, call, kind }) => ({ key, text: `${this.#names.get(of) ?? "row"}:${call ?? ""}:${kind}` }))
      .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0).map(({ text }) => text);
    const parked = [...store.parked.values()].map((rows) =>
      rows.map(({ message, attempts, due }) => `${this.#name(message)}:${String(attempts)}:${this.#executor.until(due)}`).join());
    const rows = [...store.calls.values()].map(({ id, state, attempts, due, deadline }) =>
      `${id}${state}${String(attempts)}:${this.#runner.until(due)}:${this.#runner.until(deadline)}`);
    return [leases, log.join("/"), effects.join(), parked.join(";"), rows.join(), ...this.#documents()].join("#");
  }

  #logged(message: Envelope): string {
    const before = this.#beforeOf(message);
    return `${nameOf(message)}${before === null ? "" : this.#epochs.one({ partition: message.partition, epoch: before })}`;
  }

  #documents(): string[] {
    const { store } = this.#world;
    const said = documentsOf(store).map(({ key, version, entries }) => `${key}${String(version)}${this.#says(bodyOf(entries), key)}`);
    return [...said, ...[...store.revivals.values()].map(({ key }) => `${key}!`)];
  }

  #process({ machine, held, flights }: Process): string {
    if (machine === null) return "crashed";
    const { executor, runner, executorAt, runnerAt, offer, known } = machine;
    const offered = offer === null ? "" : this.#executor.offer(offer.ends);
    // Whether the runner still waits for what it offered.
    const waits = offer === null || runner.committing?.id === offer.commit ? "" : "?";
    return [
      this.#executor.machine(executor), this.#runner.machine(runner), this.#executor.until(executorAt), this.#runner.until(runnerAt), offered + waits,
      this.#epochs.all(releasing(machine)), [...machine.releasing.values()].map(({ by }) => by).join(), inheritedBy(runner),
      this.#told(known), this.#epochs.held(held),
      flights.map((flight) => this.#flight(flight, machine)).sort().join(";"),
    ].join("~");
  }

  #told(told: readonly Told[]): string {
    return told.filter(({ id }) => !this.#done.has(id)).map(({ id }) => this.#names.get(id) ?? id).sort().join();
  }

  #flight(flight: Flight | Process["flights"][number], { runner }: Service): string {
    switch (flight.kind) {
      case "acquire": return `acquire${flight.grants.map((grant) => this.#executor.grant(grant)).join()}`;
      case "release": return `release${this.#epochs.all(flight.fences)}`;
      case "handed": return `handed${this.#executor.input(flight.input)}`;
      case "read": return `read${flight.request.cursors.map(({ partition, position }) => `${String(partition)}@${this.#executor.place(partition, position)}`).join()}${this.#epochs.all(flight.request.epochs)}${this.#executor.input(flight.answer)}`;
      case "readParked": return `parked${flight.request.keys.map(({ key }) => key).join()}${String(flight.request.limit)}`;
      case "mark": return `mark${this.#epochs.one(flight.request.fence)}@${this.#executor.place(flight.request.fence.partition, flight.request.position)}`;
      case "decide": return `decide${this.#told(flight.knew)}${this.#world.unrecorded !== null && flight.request.fresh ? "!" : ""}`;
      case "commit": return `commit${flight.answer?.kind ?? ""}`;
      case "ends": return `ends${this.#executor.commit(flight.request.changes)}${flight.answer?.kind ?? ""}${runner.committing?.id === flight.request.commit ? "" : "?"}`;
      case "joinEnded": return `joined${flight.result?.kind ?? ""}`;
      case "scan": return `scan${this.#epochs.all(flight.request.epochs)}@${String(flight.request.after)}${flight.answer === null ? "" : `:${flight.answer.map((row) => this.#runner.record(row)).join()}`}`;
      case "revivals": return `revivals${String(flight.request.partition)}${flight.request.after?.key ?? ""}${flight.answer === null ? "" : `:${flight.answer.map(({ key }) => key).join()}`}`;
      case "perform": case "ask": return `${flight.kind === "perform" && flight.applied ? "+" : ""}${flight.kind}${flight.request.call.id}${waitsFor(runner, flight.request) ? "" : "?"}`;
    }
  }

  #stray(stray: Stray): string {
    switch (stray.kind) {
      case "commit": return `commit${this.#executor.commit(stray.commit)}`;
      case "mark": return "mark";
      case "release": return `release${this.#epochs.all(stray.fences)}`;
    }
  }
}

function releasing({ releasing: open }: Service): { readonly partition: number; readonly epoch: number }[] {
  return [...open].map(([partition, { epoch }]) => ({ partition, epoch }));
}

/** In a protocol of calls alone nothing hangs on it. */
function inheritedBy({ calls }: CallRunnerState): string {
  return [...calls.values()].filter(({ inherited }) => inherited).map(({ call }) => call.id).sort().join();
}
