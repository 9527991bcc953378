// The states that wait, as bytes in chunks: some tens of bytes each, and nothing for the garbage collector to walk through. First in, first
// out; full chunks go to a temporary file while memory is short. It does not know what the bytes mean; the codec does.
import { ByteReader, ByteWriter } from "../state/bytes.ts";
import type { StateCodec } from "../space.ts";
import { chunkFile } from "./chunk-file.ts";
import type { ChunkFile } from "./chunk-file.ts";
import type { Frontier } from "./frontier.ts";

const CHUNK_BYTES = 1 << 18;
const ROOM = 1 << 12;

/** In memory, where it has a writer; else in the file. */
interface Chunk {
  readonly writer: ByteWriter | null;
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
}

/** Waiting states as their codec wrote them, for a file. */
export interface SavedFrontier {
  readonly learnt: unknown;
  readonly chunks: readonly { readonly bytes: Uint8Array; readonly count: number }[];
}

interface ByteFrontier<State> extends Frontier<State> {
  /** Whether another codec, in another process, can read what `save` gives: only one that says what it has learnt. */
  readonly portable: boolean;
  save(): SavedFrontier;
  /** Takes over what `save` gave, before anything else. */
  load(saved: SavedFrontier): void;
}

/** `short` says, with what the frontier itself holds, whether the chunk that was just filled should leave memory. */
export function byteFrontier<State>(makeCodec: () => StateCodec<State>, short: (ownBytes: number) => boolean = () => false): ByteFrontier<State> {
  const codec = makeCodec();
  const sealed: Chunk[] = [];
  const reader = new ByteReader();
  let file: ChunkFile | null = null;
  let open = new ByteWriter(ROOM);
  let openCount = 0;
  let head = new ByteWriter(ROOM);
  let headCount = 0;
  let headBytes = 0;
  let length = 0;
  let sealedBytes = 0;

  function seal(): void {
    const bytes = open.length;
    if (short(sealedBytes + bytes + open.bytes.length + head.bytes.length)) {
      file ??= chunkFile();
      sealed.push({ writer: null, offset: file.append(open.bytes.subarray(0, bytes)), bytes, count: openCount });
      open.length = 0;
    } else {
      sealed.push({ writer: open, offset: 0, bytes, count: openCount });
      sealedBytes += open.bytes.length;
      open = new ByteWriter(CHUNK_BYTES);
    }
    openCount = 0;
  }

  /** Without full chunks the one that was read last becomes the open one: a narrow space needs two for all its levels. */
  function turn(): void {
    const next = sealed.shift();
    if (next === undefined) {
      [head, open] = [open, head];
      headCount = openCount;
      headBytes = head.length;
      openCount = 0;
      open.length = 0;
      reader.reset(head.bytes, 0);
    } else if (next.writer === null) {
      headCount = next.count;
      headBytes = next.bytes;
      reader.reset(file?.read(next.offset, next.bytes) ?? new Uint8Array(0), 0);
    } else {
      head = next.writer;
      sealedBytes -= head.bytes.length;
      headCount = next.count;
      headBytes = next.bytes;
      reader.reset(head.bytes, 0);
    }
  }

  /** What was not read yet of the chunk that is being read. */
  function rest(): Uint8Array {
    return headCount === 0 ? new Uint8Array(0) : reader.rest(headBytes);
  }

  return {
    get length() { return length; },
    portable: codec.learnt !== undefined && codec.learn !== undefined,
    get bytes() { return sealedBytes + open.bytes.length + head.bytes.length; },
    push(state) {
      if (open.length > CHUNK_BYTES - ROOM) seal();
      codec.write(state, open);
      openCount += 1;
      length += 1;
    },
    shift() {
      if (headCount === 0) turn();
      if (headCount === 0) throw new RangeError("The frontier is empty.");
      headCount -= 1;
      length -= 1;
      return codec.read(reader);
    },
    save() {
      const parts = [{ bytes: rest(), count: headCount }];
      for (const { writer, offset, bytes, count } of sealed) {
        parts.push({ bytes: writer?.bytes.subarray(0, bytes) ?? file?.read(offset, bytes) ?? new Uint8Array(0), count });
      }
      parts.push({ bytes: open.bytes.subarray(0, open.length), count: openCount });
      return { learnt: codec.learnt?.() ?? null, chunks: parts.filter(({ count }) => count > 0) };
    },
    load({ learnt, chunks }) {
      // Numbers mean what they meant to the codec that wrote them: here they may come to be in another order.
      const other = makeCodec();
      other.learn?.(learnt);
      for (const { bytes, count } of chunks) {
        const from = new ByteReader(bytes);
        for (let index = 0; index < count; index += 1) this.push(other.read(from));
      }
    },
    close() {
      file?.close();
      file = null;
    },
  };
}
