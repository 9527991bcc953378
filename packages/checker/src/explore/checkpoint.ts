// A search on disk: written between two levels, as a whole and under another name first, so that a file is complete or not there. It refuses
// what is another subject's, another version's or damaged; it does not know how to search.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { EvenkeelError } from "@evenkeel/core";
import type { InvariantCoverage, WitnessCoverage } from "../report.ts";
import { ByteReader, ByteWriter } from "../state/bytes.ts";
import { structuralCodec } from "../state/structural-codec.ts";
import type { SavedFrontier } from "./byte-frontier.ts";
import { differences } from "./identity.ts";
import type { Identity } from "./identity.ts";
import type { Origins } from "./origins.ts";
import type { SearchNumbers } from "./search.ts";
import type { VisitedSet } from "./visited.ts";

const FORMAT = 2;

/** Everything that a search needs to go on. */
interface Checkpoint {
  readonly format: typeof FORMAT;
  readonly identity: Identity;
  readonly seconds: number;
  readonly numbers: SearchNumbers;
  readonly invariants: readonly InvariantCoverage[];
  readonly witnesses: readonly WitnessCoverage[];
  readonly visited: ReturnType<VisitedSet["save"]>;
  readonly origins: ReturnType<Origins["save"]>;
  readonly frontier: SavedFrontier;
}

export function writeCheckpoint(file: string, parts: Omit<Checkpoint, "format">): void {
  const checkpoint: Checkpoint = { format: FORMAT, ...parts };
  const codec = structuralCodec<unknown>();
  const body = new ByteWriter(1 << 20);
  codec.write(checkpoint, body);
  // The tables come first: what is read is read by a codec that has learnt nothing else.
  const tables = JSON.stringify(codec.learnt?.());
  const whole = new ByteWriter(body.length + tables.length * 3 + 64);
  const encoded = new TextEncoder().encode(tables);
  whole.uint(encoded.length);
  whole.raw(encoded);
  whole.raw(body.bytes.subarray(0, body.length));
  const bytes = whole.bytes.subarray(0, whole.length);
  writeFileSync(`${file}.part`, Buffer.concat([createHash("sha256").update(bytes).digest(), bytes]));
  renameSync(`${file}.part`, file);
}

/** Null where there is none. Throws `CHECKPOINT_MISMATCH` for a file that is damaged or of another subject. */
export function readCheckpoint(file: string, identity: Identity): Checkpoint | null {
  if (!existsSync(file)) return null;
  const content = readFileSync(file);
  const bytes = new Uint8Array(content.subarray(32));
  if (!createHash("sha256").update(bytes).digest().equals(content.subarray(0, 32))) throw mismatch(file, "is damaged or no checkpoint");
  const reader = new ByteReader(bytes);
  const learnt: unknown = JSON.parse(new TextDecoder().decode(reader.raw(reader.uint())));
  const codec = structuralCodec<unknown>();
  codec.learn?.(learnt);
  const found = codec.read(reader);
  if (!isCheckpoint(found)) throw mismatch(file, "was written by another version");
  const changed = differences(found.identity, identity);
  if (changed.length > 0) throw mismatch(file, `is of another search, which differs in ${changed.join(", ")}`);
  return found;
}

export function removeCheckpoint(file: string): void {
  rmSync(file, { force: true });
}

export function mismatch(file: string, what: string): EvenkeelError {
  return new EvenkeelError("CHECKPOINT_MISMATCH", `The checkpoint ${file} ${what}: delete it to begin anew, or go back to what it was made from.`, { details: { file } });
}

// The digest above says that the bytes are those that were written, and the format which version wrote them.
function isCheckpoint(value: unknown): value is Checkpoint {
  return typeof value === "object" && value !== null && "format" in value && value.format === FORMAT;
}
