// The form of an executor machine, and of what stands in the store's log: positions become places in their partition's log; times become how
// long is left, since all clocks move together; batch ids go, since a request knows its batch and the machine knows which it waits for.
import type { ExecutorState, MemoryState } from "@evenkeel/core/engine";
import type { CallUpdate, Commit, Envelope, Grant } from "@evenkeel/core/spi";
import type { EpochRanks } from "../epoch-ranks.ts";
import { DELAY_MS, type DeliveryWorld, type HandedOver, type Input } from "./world.ts";

/** What becomes of each part of the machine's state here: a part that is new does not compile until its place is given. */
export const EXECUTOR_PARTS: Readonly<Record<keyof ExecutorState, "kept" | "left out">> = {
  phase: "kept", owned: "kept", queue: "kept", early: "kept", parked: "kept", reading: "kept", hungry: "kept", readingParked: "kept", controls: "kept", marking: "kept",
  deciding: "kept", decided: "kept", committing: "kept", forced: "kept", batchLimit: "kept", losses: "kept", stale: "kept", lastCommitAt: "kept", lastFrom: "kept",
  joining: "kept", unjoined: "kept",
  // The same in every world; and only compared with what it gave out itself.
  settings: "left out", nextBatch: "left out",
};

type Batch = NonNullable<ExecutorState["deciding"]>;

export class ExecutorForm {
  readonly #store: MemoryState;
  readonly #nowMs: number;
  readonly #epochs: EpochRanks;
  /** What a message is called: its id, where that says nothing of epochs and clocks. */
  readonly name: (envelope: Envelope) => string;
  /** What a document says, without the epochs themselves. */
  readonly #says: (body: string, key: string) => string;

  constructor(
    { store, nowMs }: Pick<DeliveryWorld, "store" | "nowMs">, epochs: EpochRanks, name: (envelope: Envelope) => string = ({ id }) => id,
    says: (body: string, key: string) => string = (body) => body,
  ) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#epochs = epochs;
    this.name = name;
    this.#says = says;
  }

  /** Every epoch of the machine, which is to be known before the first rank. */
  note(machine: ExecutorState): void {
    this.#epochs.noteAll([...machine.owned.values()]);
    const batches = [machine.marking, machine.deciding, machine.decided?.batch, machine.committing?.batch];
    for (const batch of batches) if (batch != null) this.#epochs.noteAll(batch.fences);
    if (machine.readingParked !== null) this.#epochs.noteAll(machine.readingParked);
    if (typeof machine.controls !== "string") this.#epochs.noteAll(machine.controls);
    if (machine.joining !== null) this.#epochs.noteAll(machine.joining.fences);
  }

  /** How many messages of the partition stand up to there. */
  place(partition: number, position: number): string {
    let count = 0;
    for (const message of this.#store.log[partition] ?? []) {
      if (message.position > position) break;
      count++;
    }
    return String(count);
  }

  until(at: number | null): string {
    return at === null ? "-" : String(Math.max(0, at - this.#nowMs));
  }

  machine(state: ExecutorState): string {
    const nowMs = this.#nowMs;
    const owned = [...state.owned.values()].map((one) => {
      const { partition, committed, assigned, read, leaving, suspectUntil, suspectPending } = one;
      const suspicion = suspectUntil === 0 && !suspectPending ? "" : `s${this.place(partition, suspectUntil)}${suspectPending ? "p" : ""}`;
      return `${this.#epochs.one(one)}:${this.place(partition, committed)}${this.place(partition, assigned)}${this.place(partition, read)}${leaving ? "l" : ""}${suspicion}`;
    });
    const parked = [...state.parked.values()].map(({ key, count, dueAt, suspect }) => `${key}${String(count)}:${this.until(dueAt)}${suspect ? "s" : ""}`);
    const early = [...state.early].map(([partition, kept]) => `${String(partition)}:${this.handovers(kept)}`);
    const idle = Math.min(DELAY_MS, Math.max(0, nowMs - state.lastCommitAt));
    const forced = [...state.forced].map(([position, { code }]) => `${this.label(position)}${code}`).sort();
    const controls = typeof state.controls === "string" ? state.controls : this.#epochs.all(state.controls);
    const reading = state.readingParked === null ? "" : `R${this.#epochs.all(state.readingParked)}`;
    const decided = (one: ExecutorState["decided"]): string => one === null ? "-" : `${this.#batch(one.batch)}=${this.commit(one.commit)}${one.solo ? "s" : ""}`;
    return [
      state.phase, owned.join(), state.queue.map(this.name).join(), early.join(), parked.join(), state.reading ? "r" : "", [...state.hungry].sort().join(""), reading, controls,
      this.#batch(state.marking), this.#batch(state.deciding), decided(state.decided), decided(state.committing), forced.join(),
      state.joining === null ? "" : this.offer(state.joining), state.unjoined ? "u" : "",
      `${String(state.batchLimit)}${String(Math.min(2, state.losses))}${state.stale ? "s" : ""}${state.lastFrom}${String(idle)}`,
    ].join("/");
  }

  /** The message that stands at a position. */
  label(position: number): string {
    for (const messages of this.#store.log) for (const message of messages) if (message.position === position) return this.name(message);
    return "?";
  }

  #batch(batch: Batch | null): string {
    if (batch === null) return "-";
    const items = batch.items.map(({ message, plan }) => `${this.name(message)}${plan.kind}${plan.kind === "fail" ? plan.failure.code : ""}`).join();
    return `${batch.from}[${items}][${batch.attempts.join()}]${this.#epochs.all(batch.fences)}${this.#progress(batch.progress)}${batch.marked === null ? "" : "m"}${this.#joined(batch.joined)}`;
  }

  #joined(joined: Batch["joined"]): string {
    return joined === null ? "" : `J${this.offer(joined.join)}${joined.direct.join()}`;
  }

  /** Ends of calls; none in a protocol without calls. */
  offer({ fences, updates, direct, unrecorded }: Pick<NonNullable<ExecutorState["joining"]>, "fences" | "updates" | "direct" | "unrecorded">): string {
    return `${this.#epochs.all(fences)}{${updates.map((one) => this.#update(one)).join()}}${[...direct].join()}${unrecorded.size === 0 ? "" : `~${[...unrecorded].join()}`}`;
  }

  #update({ id, change, outcome }: CallUpdate): string {
    const what = change.kind === "set" ? `${change.state}${String(change.attempts)}:${String(change.dueInMs)}` : "x";
    return `${id}${what}${outcome === null ? "" : this.name(outcome)}`;
  }

  #progress(progress: Commit["progress"]): string {
    return progress.map(({ partition, from, to }) => `${String(partition)}:${this.place(partition, from)}>${this.place(partition, to)}`).join();
  }

  commit({ fences, progress, messages, calls, callUpdates, park, unpark, retries, documents, revivals = [] }: Commit): string {
    const parks = park.map(({ message, head }) => `${this.name(message)}${head === null ? "q" : `${String(head.attempts)}:${String(head.retryInMs)}`}`);
    const again = retries.map(({ position, status }) => `${this.label(position)}${String(status.attempts)}:${String(status.retryInMs)}`);
    const done = unpark.map(({ position }) => this.label(position));
    const ends = callUpdates.length + calls.length === 0 ? "" : `c${calls.map(({ id }) => id).join()}{${callUpdates.map((one) => this.#update(one)).join()}}`;
    const written = documents.map(({ key, version, write }) => `d${key}${String(version)}${write.kind === "put" ? this.#says(write.body, key) : ""}`).join();
    const noted = revivals.map(({ key, on }) => `n${key}${on ? "+" : "-"}`).join();
    return `${written}${noted}${this.#epochs.all(fences)}${this.#progress(progress)}e${messages.map(this.name).join()}p${parks.join()}u${done.join()}r${again.join()}${ends}`;
  }

  grant(grant: Grant): string {
    const parked = grant.parked.map(({ key, count, dueInMs }) => `${key}${String(count)}:${String(dueInMs)}`).join();
    const mark = grant.mark === null ? "" : `m${this.place(grant.partition, grant.mark)}`;
    return `${this.#epochs.one(grant)}@${this.place(grant.partition, grant.position)}[${parked}]${grant.suspect ? "s" : ""}${mark}`;
  }

  input(input: Input | null): string {
    if (input === null) return "";
    switch (input.kind) {
      case "handed": return this.handovers(input.handovers);
      case "read": return `:${input.result.messages.map(this.name).join()}:${input.result.bounds.map(({ partition, position }) => this.place(partition, position)).join()}`;
      case "parkedRead": return `:${input.messages.map(({ message, attempts }) => `${this.name(message)}${String(attempts)}`).join()}`;
      case "marked": return `:${input.result}`;
      case "controlled": return `:${input.keys.map(({ key, remaining, due }) => `${key}${String(remaining)}${due ? "d" : ""}`).join()}`;
      default: throw new Error(`No request is answered with '${input.kind}'.`);
    }
  }

  handovers(handovers: readonly HandedOver[]): string {
    return handovers.map(({ partition, after, to }) => `${String(partition)}:${this.place(partition, after)}>${this.place(partition, to)}`).join();
  }
}
