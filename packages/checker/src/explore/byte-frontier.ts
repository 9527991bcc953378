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

/** `short` says, with what the frontier itself holds, whether the chunk that was just filled should leave memory. */
export function byteFrontier<State>(codec: StateCodec<State>, short: (ownBytes: number) => boolean = () => false): Frontier<State> {
  const sealed: Chunk[] = [];
  const reader = new ByteReader();
  let file: ChunkFile | null = null;
  let open = new ByteWriter(ROOM);
  let openCount = 0;
  let head = new ByteWriter(ROOM);
  let headCount = 0;
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
      open.length = 0;
      headCount = openCount;
      openCount = 0;
      reader.reset(head.bytes, 0);
    } else if (next.writer === null) {
      headCount = next.count;
      reader.reset(file?.read(next.offset, next.bytes) ?? new Uint8Array(0), 0);
    } else {
      head = next.writer;
      sealedBytes -= head.bytes.length;
      headCount = next.count;
      reader.reset(head.bytes, 0);
    }
  }

  return {
    get length() { return length; },
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
    close() {
      file?.close();
      file = null;
    },
  };
}
