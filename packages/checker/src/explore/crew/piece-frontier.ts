// The states that wait, as bytes in small pieces that threads can be handed: each piece is read by the codec of whoever wrote it. First in,
// first out. It knows no threads.
import type { StateCodec } from "../../space.ts";
import { ByteReader, ByteWriter } from "../../state/bytes.ts";
import type { Frontier } from "../frontier.ts";
import type { Piece } from "./messages.ts";

const MOST_STATES = 128;
const OWN = 0;

export class PieceFrontier<State> implements Frontier<State> {
  length = 0;
  bytes = 0;
  readonly #codecOf: (writer: number) => StateCodec<State>;
  readonly #own: StateCodec<State>;
  #pieces: Piece[] = [];
  /** The place in `pieces` of the first one that waits. */
  #first = 0;
  #open = new ByteWriter(1 << 12);
  #openWriter = OWN;
  #openCount = 0;
  readonly #reader = new ByteReader();
  #reading: StateCodec<State> | null = null;
  #left = 0;

  constructor(codecOf: (writer: number) => StateCodec<State>) {
    this.#codecOf = codecOf;
    this.#own = codecOf(OWN);
  }

  push(state: State): void {
    this.#begin(OWN);
    this.#own.write(state, this.#open);
    this.#count();
  }

  /** Adds one state that a thread wrote. */
  pushBytes(writer: number, bytes: Uint8Array, from: number, to: number): void {
    this.#begin(writer);
    this.#open.raw(bytes.subarray(from, to));
    this.#count();
  }

  shift(): State {
    if (this.#left === 0) {
      const piece = this.#next();
      this.#reading = this.#codecOf(piece.writer);
      this.#reader.reset(piece.bytes, 0);
      this.#left = piece.count;
    }
    if (this.#reading === null) throw new RangeError("The frontier is empty.");
    this.#left -= 1;
    this.length -= 1;
    return this.#reading.read(this.#reader);
  }

  /** Takes whole pieces with so many states or a few more, but no more than `most`; null: the next one is begun, or too large. */
  take(about: number, most: number): { readonly pieces: readonly Piece[]; readonly count: number } | null {
    if (this.#left > 0) return null;
    const pieces: Piece[] = [];
    let count = 0;
    while (count < about && count < most) {
      if (this.#first === this.#pieces.length) this.#seal();
      const piece = this.#pieces[this.#first];
      if (piece === undefined || count + piece.count > most) break;
      pieces.push(this.#next());
      count += piece.count;
    }
    this.length -= count;
    return count === 0 ? null : { pieces, count };
  }

  /** Nothing that is added from here on shares a piece with what is there. */
  seal(): void {
    this.#seal();
  }

  close(): void {
    // Nothing is held but memory.
  }

  #begin(writer: number): void {
    if (this.#openWriter !== writer || this.#openCount === MOST_STATES) this.#seal();
    this.#openWriter = writer;
  }

  #count(): void {
    this.#openCount += 1;
    this.length += 1;
  }

  #seal(): void {
    if (this.#openCount === 0) return;
    const bytes = this.#open.bytes.slice(0, this.#open.length);
    this.#pieces.push({ writer: this.#openWriter, bytes, count: this.#openCount });
    this.bytes += bytes.length;
    this.#open.length = 0;
    this.#openCount = 0;
  }

  #next(): Piece {
    if (this.#first === this.#pieces.length) this.#seal();
    const piece = this.#pieces[this.#first];
    if (piece === undefined) throw new RangeError("The frontier is empty.");
    this.#first += 1;
    this.bytes -= piece.bytes.length;
    // The list is cut now and then: cutting it each time would move all of it.
    if (this.#first > 1024 && this.#first * 2 > this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#first);
      this.#first = 0;
    }
    return piece;
  }
}
