// The models that the checker's benchmark explores, each with what is known of it: sizes that a run must have, and the TLA+ module that says
// the same. It measures nothing.
import { check } from "../../packages/checker/src/index.ts";
import type { Model, Report } from "../../packages/checker/src/index.ts";
import { cube } from "./cube.ts";
import { lamportMutex } from "../../packages/checker/src/ground-truth/models/lamport-mutex.ts";
import { simpleRegular } from "../../packages/checker/src/ground-truth/models/simple-regular.ts";
import { tokenRing } from "../../packages/checker/src/ground-truth/models/token-ring.ts";

export interface BenchmarkSubject {
  readonly name: string;
  readonly distinct: number;
  readonly generated: number;
  /** What the process may take at its peak, in MB; null: no bar. */
  readonly mostMb: number | null;
  /** The module below the folder of specifications of tlaplus/Examples, without its ending, and TLC's own options; null: there is none. */
  readonly tla: { readonly module: string; readonly options: readonly string[] } | null;
  /** @param threads 1: the calling one. */
  readonly explore: (threads: number) => Promise<Report>;
}

/** A reference model by its file and name, so that worker threads find it, too. */
function reference<Given>(file: string, name: string, make: (given: Given) => Model<unknown>, given: Given): (threads: number) => Promise<Report> {
  const module = new URL(`../../packages/checker/src/ground-truth/models/${file}.ts`, import.meta.url);
  return (count) => check(make(given), { workers: { count, module, export: name, arguments: [given] } });
}

function ownModule(name: string, side: number): (threads: number) => Promise<Report> {
  return (count) => check(cube(side), { workers: { count, module: new URL("./cube.ts", import.meta.url), export: name, arguments: [side] } });
}

const cubeSizes = (side: number) => ({ distinct: side ** 3, generated: 1 + 3 * side * side * (side - 1) });

export const subjects: readonly BenchmarkSubject[] = [
  {
    name: "LamportMutex", distinct: 724_274, generated: 2_729_079, mostMb: 250,
    tla: { module: "lamport_mutex/MCLamportMutex", options: [] }, explore: reference("lamport-mutex", "lamportMutex", lamportMutex, { processes: 3, maxClock: 6 }),
  },
  {
    name: "TokenRing", distinct: 46_656, generated: 248_832, mostMb: null,
    tla: { module: "ewd426/TokenRing", options: ["-deadlock"] }, explore: reference("token-ring", "tokenRing", tokenRing, { nodes: 6, values: 6 }),
  },
  {
    name: "SimpleRegular", distinct: 277_726, generated: 1_454_776, mostMb: null,
    tla: { module: "TeachingConcurrency/SimpleRegular", options: [] }, explore: reference("simple-regular", "simpleRegular", simpleRegular, { processes: 8 }),
  },
  { name: "ten million", ...cubeSizes(216), mostMb: 2_000, tla: null, explore: ownModule("cube", 216) },
  { name: "beyond 2^24", ...cubeSizes(257), mostMb: null, tla: null, explore: ownModule("cube", 257) },
];
