// The fingerprints of all stored states and the id of each, in one typed array: no object per state, no limit but memory. It keeps no
// states, and cannot tell two of them apart that share a fingerprint; the report says how likely that is.
import type { Words } from "../space.ts";

const FULL = 0.7;

/** Ids are dense, from 0, in the order in which states were added. */
export class VisitedSet {
  size = 0;
  private readonly width: number;
  private readonly words: number;
  private capacity: number;
  /** Slots of one id (plus 1; 0 is a free slot) and the fingerprint's words, side by side for the sake of the processor's cache. */
  private slots: Uint32Array;
  private readonly isShared: boolean;

  /** @param isShared other threads look into the table while it grows. */
  constructor(fingerprintBits: 64 | 128, isShared = false, capacity = 1 << 12) {
    this.words = fingerprintBits / 32;
    this.width = this.words + 1;
    this.capacity = capacity;
    this.isShared = isShared;
    this.slots = this.empty();
  }

  /** What other threads look into; another one once it has grown. Null where it is not shared. */
  get table(): SharedArrayBuffer | null {
    return this.slots.buffer instanceof SharedArrayBuffer ? this.slots.buffer : null;
  }

  /** Where a fingerprint is, or would be: for `idAt` and `insert`, until the next insertion. */
  slotOf(words: Words): number {
    return this.find(words);
  }

  /** The id at a slot, or -1 where none is. */
  idAt(slot: number): number {
    return (this.slots[slot] ?? 0) - 1;
  }

  /** Gives the next id to a fingerprint that is not there yet, at its slot. */
  insert(slot: number, words: Words): number {
    const id = this.size;
    this.size = id + 1;
    for (let word = 0; word < this.words; word += 1) this.slots[slot + 1 + word] = words[word] ?? 0;
    // Who sees the id sees the words.
    if (this.isShared) Atomics.store(this.slots, slot, id + 1);
    else this.slots[slot] = id + 1;
    if (this.size > this.capacity * FULL) this.grow();
    return id;
  }

  /** The id of a fingerprint, or -1. */
  idOf(words: Words): number {
    return this.idAt(this.find(words));
  }

  /** Its own memory in bytes; for a moment it is three times as much while it grows, which is counted from shortly before on. */
  get bytes(): number {
    const grows = this.size + 4096 > this.capacity * FULL;
    return this.slots.byteLength * (grows ? 3 : 1);
  }

  /** The table itself, for a file. */
  save(): { size: number; slots: Uint8Array } {
    return { size: this.size, slots: new Uint8Array(this.slots.buffer) };
  }

  /** Takes over what `save` gave, of a set with as many bits. */
  load({ size, slots }: ReturnType<VisitedSet["save"]>): void {
    this.size = size;
    this.slots = new Uint32Array(slots.slice().buffer);
    this.capacity = this.slots.length / this.width;
  }

  private empty(): Uint32Array {
    const length = this.capacity * this.width;
    return this.isShared ? new Uint32Array(new SharedArrayBuffer(length * 4)) : new Uint32Array(length);
  }

  private find(words: Words): number {
    const { slots, width, capacity } = this;
    const first = words[0] ?? 0;
    const second = words[1] ?? 0;
    let index = first & (capacity - 1);
    for (;;) {
      const slot = index * width;
      if (slots[slot] === 0) return slot;
      if (slots[slot + 1] === first && slots[slot + 2] === second && (width === 3 || this.sameRest(slot, words))) return slot;
      index = (index + 1) & (capacity - 1);
    }
  }

  private sameRest(slot: number, words: Words): boolean {
    return this.slots[slot + 3] === words[2] && this.slots[slot + 4] === words[3];
  }

  private grow(): void {
    const { slots: old, width } = this;
    this.capacity *= 2;
    this.slots = this.empty();
    const words = new Uint32Array(this.words);
    for (let from = 0; from < old.length; from += width) {
      if (old[from] === 0) continue;
      for (let word = 0; word < this.words; word += 1) words[word] = old[from + 1 + word] ?? 0;
      const to = this.find(words);
      for (let word = 0; word < width; word += 1) this.slots[to + word] = old[from + word] ?? 0;
    }
  }
}
