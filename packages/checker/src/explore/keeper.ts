// Keeps a search in a checkpoint while it goes on, and brings an earlier part of it back. Where nobody asked for that it does nothing.
import { EvenkeelError } from "@evenkeel/core";
import type { Subject } from "../space.ts";
import type { byteFrontier } from "./byte-frontier.ts";
import { mismatch, readCheckpoint, removeCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { identityOf } from "./identity.ts";
import type { Judge } from "./judge.ts";
import type { CheckpointOptions, Settings } from "./options.ts";
import type { Origins } from "./origins.ts";
import type { SearchNumbers } from "./search.ts";
import { traceTo } from "./trace.ts";
import type { VisitedSet } from "./visited.ts";

const WALKS = 20;

interface KeeperParts<State> {
  readonly subject: Subject<State>;
  readonly settings: Settings;
  readonly judge: Judge<State>;
  readonly visited: VisitedSet;
  readonly origins: Origins;
  /** Null: states wait as objects, which no file can hold. */
  readonly frontier: ReturnType<typeof byteFrontier<State>> | null;
}

interface Keeper {
  /** What is continued; null: it begins. */
  readonly earlier: { readonly numbers: SearchNumbers; readonly seconds: number } | null;
  barrier(numbers: () => SearchNumbers): void;
  /** The search has ended by itself: there is nothing to go on from. */
  done(): void;
}

/** Throws `CHECKPOINT_MISMATCH` where the file is another subject's, `CONFIG_INVALID` where the subject cannot be kept. */
export async function keeperOf<State>(parts: KeeperParts<State>, options: CheckpointOptions | undefined): Promise<Keeper> {
  if (options === undefined) return { earlier: null, barrier: nothing, done: nothing };
  const { subject, settings, judge, visited, origins, frontier } = parts;
  const obstacle = frontier?.portable !== true ? "its states have no form that another process could read" : "its endless runs are judged from memory";
  if (frontier?.portable !== true || subject.properties.temporal.length > 0) {
    throw new EvenkeelError("CONFIG_INVALID", `"${subject.name}" cannot have a checkpoint: ${obstacle}.`, { details: { subject: subject.name } });
  }
  const { file, eachSeconds = 60 } = options;
  const identity = await identityOf(subject, settings);
  const found = readCheckpoint(file, identity);
  if (found !== null) {
    visited.load(found.visited);
    origins.load(found.origins);
    frontier.load(found.frontier);
    judge.resume(found.invariants, found.witnesses);
    for (let walk = 0; walk < WALKS; walk += 1) {
      const id = Math.floor((visited.size * (walk + 0.5)) / WALKS);
      const { complete } = await traceTo(parts, "", { id, ordinal: null });
      if (!complete) throw mismatch(file, "is of a subject that behaved otherwise: a way that it took cannot be walked again");
    }
  }
  const start = performance.now();
  const before = found?.seconds ?? 0;
  let last = start;
  return {
    earlier: found === null ? null : { numbers: found.numbers, seconds: before },
    barrier(numbers) {
      const now = performance.now();
      if (now - last < eachSeconds * 1000) return;
      writeCheckpoint(file, {
        identity, seconds: before + (now - start) / 1000, numbers: numbers(), invariants: judge.invariants(), witnesses: judge.witnesses(),
        visited: visited.save(), origins: origins.save(), frontier: frontier.save(),
      });
      last = performance.now();
    },
    done: () => removeCheckpoint(file),
  };
}

function nothing(): void {
  // No checkpoint was asked for.
}
