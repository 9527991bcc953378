// Every different message of an exploration, once. What makes two messages the same is what a handler can see of them.
import type { Envelope } from "@evenkeel/core";
import { hash128 } from "@evenkeel/core/engine";
import type { Cells } from "./cells.ts";
import { KnownMessage } from "./contents.ts";
import type { System } from "./definitions.ts";

export class Messages {
  readonly #cells: Cells;
  readonly #system: System;
  readonly #known = new Map<string, KnownMessage>();
  /** In the order in which they were met. */
  readonly all: KnownMessage[] = [];
  readonly #numbers = new Map<KnownMessage, number>();

  constructor(cells: Cells, system: System) {
    this.#cells = cells;
    this.#system = system;
  }

  /** @param repeat the number of a second arrival; -1: it is none. */
  know(envelope: Envelope, stimulus: number, repeat = -1): KnownMessage {
    const { id, name, version, tenant, key, body, causationId, correlationId, trace } = envelope;
    // `occurredAt` is the same in all of them: the clock stands still.
    const text = [id, name, String(version), tenant, key, causationId ?? "", correlationId, trace ?? "", String(stimulus), String(repeat), body].join("\u0000");
    const found = this.#known.get(text);
    if (found !== undefined) return found;
    const queues = (this.#system.handlers.get(name) ?? []).map((group) => this.#cells.queue(group.number, group.name, tenant, key));
    const counter = this.#system.observed.has(name) ? this.#cells.observation(name, tenant, key, body) : null;
    const made = new KnownMessage(envelope, stimulus, repeat, hash128(text).join("."), queues, counter);
    this.#known.set(text, made);
    this.#numbers.set(made, this.all.push(made) - 1);
    return made;
  }

  /** Its place in `all`. */
  numberOf(message: KnownMessage): number {
    return this.#numbers.get(message) ?? -1;
  }
}
