// Worlds as bytes, and what the bytes mean as plain data: which cells there are and what each of them ever held. By that another process, or
// another thread, reads worlds that it did not make. What handlers decided is not told: whoever reads runs them itself.
import type { Envelope } from "@evenkeel/core";
import type { StateCodec } from "../space.ts";
import type { ByteReader, ByteWriter } from "../state/bytes.ts";
import { World, type Cell } from "./cell.ts";
import type { CellPlace, Cells } from "./cells.ts";
import type { ArmedTimer, KnownMessage, Observed, Parked, Queue } from "./contents.ts";
import type { Messages } from "./messages.ts";

/** A message as plain data. */
interface ToldMessage { readonly envelope: Envelope; readonly stimulus: number; readonly repeat: number }

/** What one number of a cell stands for. Messages are told by their place in the list of messages. */
interface ToldContent { readonly content: string; readonly value: ToldValue }

type ToldValue =
  | { readonly kind: "as it is"; readonly value: unknown }
  | { readonly kind: "queue"; readonly messages: readonly number[]; readonly parked: Parked | null }
  | { readonly kind: "message"; readonly message: number; readonly times: number };

/** Everything in the order in which it was met; a later one goes on where an earlier one ended. */
interface Told {
  readonly messages: readonly ToldMessage[];
  readonly places: readonly CellPlace[];
  readonly contents: readonly { readonly cell: number; readonly added: readonly ToldContent[] }[];
  /** Statements that were run and have no twin. */
  readonly opaque: readonly string[];
}

export class WorldCodec implements StateCodec<World> {
  readonly #cells: Cells;
  readonly #messages: Messages;
  readonly #opaque: Set<string>;
  /** The other's messages and cells, and each cell's numbers, as they are here; empty where nothing was learnt. */
  readonly #learntMessages: KnownMessage[] = [];
  readonly #learntCells: { readonly cell: Cell<unknown>; readonly numbers: number[] }[] = [];
  readonly #told = new Marks();

  constructor(cells: Cells, messages: Messages, opaque: Set<string>) {
    this.#cells = cells;
    this.#messages = messages;
    this.#opaque = opaque;
  }

  write({ numbers }: World, to: ByteWriter): void {
    to.uint(numbers.length);
    for (const number of numbers) to.uint(number);
  }

  read(from: ByteReader): World {
    const world = new World([]);
    const length = from.uint();
    const isForeign = this.#learntCells.length > 0;
    for (let index = 0; index < length; index++) {
      const number = from.uint();
      const foreign = isForeign ? this.#learntCells[index] : undefined;
      const cell = isForeign ? foreign?.cell : this.#cells.all[index];
      const own = isForeign ? foreign?.numbers[number] : number;
      if (cell === undefined || own === undefined) throw new RangeError(`A world holds ${String(number)} in its cell ${String(index)}, which nobody has told of.`);
      world.set(cell, own);
    }
    return world;
  }

  learnt(): unknown {
    return this.#since(new Marks());
  }

  news(): unknown {
    const news = this.#since(this.#told);
    return news.messages.length + news.places.length + news.contents.length + news.opaque.length === 0 ? null : news;
  }

  learn(learnt: unknown): void {
    if (!isTold(learnt)) throw new TypeError("What was learnt is not that of a system's codec.");
    for (const { envelope, stimulus, repeat } of learnt.messages) this.#learntMessages.push(this.#messages.know(envelope, stimulus, repeat));
    for (const place of learnt.places) this.#learntCells.push({ cell: this.#cells.at(place), numbers: [0] });
    for (const { cell, added } of learnt.contents) {
      const known = this.#learntCells[cell];
      if (known === undefined) throw new TypeError(`What was learnt speaks of a cell ${String(cell)} that there is not.`);
      for (const { content, value } of added) known.numbers.push(known.cell.number(content, () => this.#valueOf(value)));
    }
    for (const name of learnt.opaque) this.#opaque.add(name);
  }

  #since(marks: Marks): Told {
    const { all, places } = this.#cells;
    const contents: { cell: number; added: ToldContent[] }[] = [];
    for (const [index, cell] of all.entries()) {
      const from = marks.contents[index] ?? 1;
      if (cell.count === from) continue;
      const added: ToldContent[] = [];
      for (let number = from; number < cell.count; number++) added.push({ content: cell.content(number), value: this.#toldValue(index, cell, number) });
      contents.push({ cell: index, added });
    }
    const told = {
      messages: this.#messages.all.slice(marks.messages).map(({ envelope, stimulus, repeat }) => ({ envelope, stimulus, repeat })),
      places: places.slice(marks.places), contents, opaque: [...this.#opaque].slice(marks.opaque),
    };
    marks.messages = this.#messages.all.length;
    marks.places = places.length;
    marks.contents = all.map((cell) => cell.count);
    marks.opaque = this.#opaque.size;
    return told;
  }

  #toldValue(index: number, cell: Cell<unknown>, number: number): ToldValue {
    switch (this.#cells.places[index]?.kind) {
      case "queue": {
        const queue = valueIn<Queue>(cell, number);
        return { kind: "queue", messages: queue.messages.map((one) => this.#messages.numberOf(one)), parked: queue.parked };
      }
      case "timer": return { kind: "message", message: this.#messages.numberOf(valueIn<ArmedTimer>(cell, number).message), times: 0 };
      case "observed": {
        const { message, times } = valueIn<Observed>(cell, number);
        return { kind: "message", message: this.#messages.numberOf(message), times };
      }
      case "decided": throw new TypeError("What is decided and not committed cannot be told.");
      default: return { kind: "as it is", value: cell.value(number) };
    }
  }

  #valueOf(told: ToldValue): unknown {
    switch (told.kind) {
      case "as it is": return told.value;
      case "queue": return { messages: told.messages.map((number) => this.#message(number)), parked: told.parked } satisfies Queue;
      case "message": return { message: this.#message(told.message), times: told.times } satisfies Observed;
    }
  }

  #message(number: number): KnownMessage {
    const message = this.#learntMessages[number];
    if (message === undefined) throw new TypeError(`What was learnt speaks of a message ${String(number)} that there is not.`);
    return message;
  }
}

/** Places say what kind of values their cells hold. */
function valueIn<Value>(cell: Cell<unknown>, number: number): Value {
  return cell.value(number) as Value;
}

/** How much was told already. */
class Marks {
  messages = 0;
  places = 0;
  /** By cell: the first number that was not told; 0 stands for nothing everywhere. */
  contents: readonly number[] = [];
  opaque = 0;
}

// It was made by this class: digests and the format of a file, or the same program in another thread, say so.
function isTold(value: unknown): value is Told {
  return typeof value === "object" && value !== null && ["messages", "places", "contents", "opaque"].every((name) => name in value);
}
