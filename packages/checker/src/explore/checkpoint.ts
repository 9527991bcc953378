// A search on disk: written between two levels, as a whole and under another name first, so that a file is complete or not there. It refuses
// what is another subject's, another version's or damaged; it does not know how to search.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { EvenkeelError } from "@evenkeel/core";
import type { InvariantCoverage, WitnessCoverage } from "../report.ts";
import type { Subject, Words } from "../space.ts";
import { ByteReader, ByteWriter } from "../state/bytes.ts";
import { structuralCodec } from "../state/structural-codec.ts";
import type { SavedFrontier } from "./byte-frontier.ts";
import type { Settings } from "./options.ts";
import type { Origins } from "./origins.ts";
import type { SearchNumbers } from "./search.ts";
import type { VisitedSet } from "./visited.ts";

const FORMAT = 1;
const FIRST_STATES = 200;

/** Everything that a search needs to go on. */
interface Checkpoint {
  readonly format: typeof FORMAT;
  readonly identity: string;
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
export function readCheckpoint(file: string, identity: string): Checkpoint | null {
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
  if (found.identity !== identity) throw mismatch(file, "is of another subject, or of one whose code, seed or kind of fingerprint was changed");
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

/** A digest of what a subject says (names, the text of its conditions) and of what its first states lead to. */
export async function identityOf<State>(subject: Subject<State>, { seed, fingerprintBits }: Settings): Promise<string> {
  const { space, properties } = subject;
  const texts = [
    subject.name, ...subject.assumptions, ...space.actions, `${seed}/${fingerprintBits}`,
    ...properties.invariants.map(({ name, holds, when }) => `${name}: ${when?.toString() ?? ""} ${holds.toString()}`),
    ...properties.steps.map(({ name, holds }) => `${name}: ${holds.toString()}`),
    ...properties.witnesses.map(({ name, holds }) => `${name}: ${holds.toString()}`),
    properties.deadlock === "allowed" ? "allowed" : properties.deadlock.done.toString(),
    String(properties.constraint), String(properties.stepConstraint),
  ];
  const digest = createHash("sha256").update(JSON.stringify(texts));
  const words: Words = new Uint32Array(fingerprintBits / 32);
  const add = (action: number, state: State): void => {
    space.fingerprint(state, words, seed);
    digest.update(`${action}:${words.join()};`);
  };
  const states: State[] = [];
  for (const state of space.initials()) {
    if (states.push(state) > FIRST_STATES) break;
    add(-1, state);
  }
  for (let index = 0; index < Math.min(states.length, FIRST_STATES); index += 1) {
    const state = states[index];
    if (state === undefined) break;
    await space.expand(state, (action, next) => {
      add(action, next);
      if (states.length < FIRST_STATES) states.push(next);
    });
  }
  return digest.digest("hex");
}
