// A temporary file for chunks of bytes that do not fit in memory: written at the end, read from anywhere, gone when closed or when the
// process ends. It knows nothing of what the bytes are.
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ChunkFile {
  /** Returns where it begins. */
  append(bytes: Uint8Array): number;
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

export function chunkFile(): ChunkFile {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-checker-"));
  const file = openSync(join(folder, "waiting"), "wx+");
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // Where the system allows it the file has no name from here on, so that nothing is left behind whatever happens. Windows does not.
  const nameless = process.platform !== "win32";
  if (nameless) remove();
  let end = 0;
  return {
    append(bytes) {
      const offset = end;
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, offset + done);
      end += bytes.length;
      return offset;
    },
    read(offset, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const count = readSync(file, bytes, done, length - done, offset + done);
        if (count === 0) throw new RangeError(`The temporary file of waiting states ends at ${offset + done}, before ${offset + length}.`);
        done += count;
      }
      return bytes;
    },
    close() {
      closeSync(file);
      if (!nameless) remove();
    },
  };
}
