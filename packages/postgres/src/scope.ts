// What every part of the store shares: the database, the schema's names and the numbers of consumer groups. Not a place for behaviour.
import type { Log } from "@evenkeel/core/spi";
import type { Database } from "./connection.ts";
import type { WarmConnection } from "./warm-connection.ts";

export interface Scope {
  readonly database: Database;
  /** For the one statement that must be quick in a process that has slept. */
  readonly quick: Pick<WarmConnection, "repeat">;
  /** The plain schema name, and the quoted one for statements. */
  readonly schema: string;
  readonly s: string;
  readonly log: Log;
  /** Known after `prepare`. */
  readonly groups: Map<string, number>;
  partitions: number;
  /** Those that the schema had when this process prepared it. */
  readonly entities: Set<string>;
  /** The names that this process handles, per group. */
  readonly handles: Map<string, readonly string[]>;
  /** Positions in a segment of the log that is created from now on. */
  readonly segmentLength: number;
}

export function groupNumber(scope: Scope, group: string): number {
  const found = scope.groups.get(group);
  if (found === undefined) throw new Error(`Consumer group '${group}' was not prepared.`);
  return found;
}

export function groupName(scope: Scope, number: number): string {
  for (const [name, one] of scope.groups) if (one === number) return name;
  return `#${String(number)}`;
}
