// Where each stored state came from: its parent and the ordinal of the transition that led to it, six bytes per state (eight where a state
// has more than 65,536 successors). Enough to walk the shortest way again; the states themselves are not kept.

const CHUNK = 1 << 16;
const SHIFT = 16;
const NONE = 0xffff_ffff;

export class Origins {
  length = 0;
  private readonly parents: Uint32Array<ArrayBuffer>[] = [];
  private readonly ordinals: (Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>)[] = [];

  /** Notes the next state. `parent` is null for an initial state, whose `ordinal` is its place among the initial ones. */
  push(parent: number | null, ordinal: number): void {
    const chunk = this.length >>> SHIFT;
    const place = this.length & (CHUNK - 1);
    const parents = (this.parents[chunk] ??= new Uint32Array(CHUNK));
    let ordinals = (this.ordinals[chunk] ??= new Uint16Array(CHUNK));
    if (ordinal > 0xffff && ordinals instanceof Uint16Array) ordinals = this.ordinals[chunk] = Uint32Array.from(ordinals);
    parents[place] = parent ?? NONE;
    ordinals[place] = ordinal;
    this.length += 1;
  }

  /** All of it, for a file. */
  save(): { length: number; parents: Uint8Array[]; ordinals: { wide: boolean; bytes: Uint8Array }[] } {
    return {
      length: this.length,
      parents: this.parents.map(({ buffer }) => new Uint8Array(buffer)),
      ordinals: this.ordinals.map((chunk) => ({ wide: chunk instanceof Uint32Array, bytes: new Uint8Array(chunk.buffer) })),
    };
  }

  /** Takes over what `save` gave, before anything else. */
  load({ length, parents, ordinals }: ReturnType<Origins["save"]>): void {
    this.length = length;
    this.parents.push(...parents.map((bytes) => new Uint32Array(bytes.slice().buffer)));
    this.ordinals.push(...ordinals.map(({ wide, bytes }) => (wide ? new Uint32Array(bytes.slice().buffer) : new Uint16Array(bytes.slice().buffer))));
  }

  /** Its own memory in bytes, about. */
  get bytes(): number {
    return this.parents.length * CHUNK * 6;
  }

  /** The ordinals of the transitions from an initial state to `id`; the first one is the place among the initial states. */
  wayTo(id: number): { readonly ids: number[]; readonly ordinals: number[] } {
    const ids: number[] = [];
    const ordinals: number[] = [];
    for (let at = id; at !== NONE; at = this.parents[at >>> SHIFT]?.[at & (CHUNK - 1)] ?? NONE) {
      ids.push(at);
      ordinals.push(this.ordinals[at >>> SHIFT]?.[at & (CHUNK - 1)] ?? 0);
    }
    return { ids: ids.reverse(), ordinals: ordinals.reverse() };
  }
}
