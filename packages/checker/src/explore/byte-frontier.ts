// The states that wait, as bytes in chunks: some tens of bytes each, and nothing for the garbage collector to walk through. First in, first
// out. It does not know what the bytes mean; the codec does.
import { ByteReader, ByteWriter } from "../state/bytes.ts";
import type { StateCodec } from "../space.ts";
import type { Frontier } from "./frontier.ts";

const CHUNK_BYTES = 1 << 18;
const ROOM = 1 << 12;

interface Chunk {
  readonly writer: ByteWriter;
  count: number;
}

export function byteFrontier<State>(codec: StateCodec<State>): Frontier<State> {
  const sealed: Chunk[] = [];
  const reader = new ByteReader();
  let open: Chunk = { writer: new ByteWriter(ROOM), count: 0 };
  let head: Chunk = { writer: new ByteWriter(ROOM), count: 0 };
  let length = 0;

  /** The chunk that was read last becomes the open one: a narrow space needs two for all its levels. */
  function turn(): void {
    const used = head.writer;
    used.length = 0;
    const next = sealed.shift();
    head = next ?? open;
    if (next === undefined) open = { writer: used, count: 0 };
    reader.reset(head.writer.bytes, 0);
  }

  return {
    get length() { return length; },
    push(state) {
      if (open.writer.length > CHUNK_BYTES - ROOM) {
        sealed.push(open);
        open = { writer: new ByteWriter(CHUNK_BYTES), count: 0 };
      }
      codec.write(state, open.writer);
      open.count += 1;
      length += 1;
    },
    shift() {
      if (head.count === 0) turn();
      if (head.count === 0) throw new RangeError("The frontier is empty.");
      head.count -= 1;
      length -= 1;
      return codec.read(reader);
    },
  };
}
