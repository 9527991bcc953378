// One producer and many readers of a ring buffer without locks (a Disruptor): no reader looks at a slot that is written. After
// specifications/Disruptor/Disruptor_SPMC.tla and RingBuffer.tla of tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { added, at, range, removed, replaced } from "../persistent.ts";

interface Slot {
  readonly value: number | null;
  readonly writing: boolean;
  readonly readers: ReadonlySet<number>;
}

interface Reader {
  readonly reading: boolean;
  /** The last position that was read to the end. */
  readonly position: number;
  readonly consumed: readonly number[];
}

interface State {
  readonly slots: readonly Slot[];
  readonly published: number;
  readonly writing: boolean;
  readonly readers: readonly Reader[];
}

interface Constants {
  readonly readers: number;
  readonly size: number;
  readonly maxPublished: number;
}

export function ringBuffer({ readers, size, maxPublished }: Constants) {
  const withSlot = (s: State, position: number, change: Partial<Slot>): State => {
    const slot: Slot = { ...at(s.slots, position % size), ...change };
    return { ...s, slots: replaced(s.slots, position % size, slot) };
  };
  const start: State = {
    slots: range(1, size).map(() => ({ value: null, writing: false, readers: new Set() })),
    published: -1,
    writing: false,
    readers: range(1, readers).map(() => ({ reading: false, position: -1, consumed: [] })),
  };
  return model({
    name: "ring buffer",
    init: [start],
    actions: {
      beginWrite: (s, next) => {
        const position = s.published + 1;
        if (s.writing || s.readers.some((reader) => reader.position < position - size)) return;
        next({ ...withSlot(s, position, { value: position, writing: true }), writing: true });
      },
      endWrite: (s, next) => {
        if (s.writing) next({ ...withSlot(s, s.published + 1, { writing: false }), published: s.published + 1, writing: false });
      },
      beginRead: (s, next) => {
        s.readers.forEach((reader, r) => {
          const position = reader.position + 1;
          const { value, readers: others } = at(s.slots, position % size);
          if (reader.reading || s.published < position || value === null) return;
          const after: Reader = { ...reader, reading: true, consumed: [...reader.consumed, value] };
          next({ ...withSlot(s, position, { readers: added(others, r) }), readers: replaced(s.readers, r, after) }, r);
        });
      },
      endRead: (s, next) => {
        s.readers.forEach((reader, r) => {
          if (!reader.reading) return;
          const position = reader.position + 1;
          const after: Reader = { ...reader, reading: false, position };
          const left = removed(at(s.slots, position % size).readers, r);
          next({ ...withSlot(s, position, { readers: left }), readers: replaced(s.readers, r, after) }, r);
        });
      },
    },
    invariants: {
      "nobody reads a slot that is written": (s) => s.slots.every((slot) => !slot.writing || slot.readers.size === 0),
      "everybody reads all in order": (s) => s.readers.every(({ consumed }) => consumed.every((value, i) => value === i)),
    },
    constraint: (s) => s.published < maxPublished,
    deadlock: "allowed",
  });
}
