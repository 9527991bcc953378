// What counts as a stall: a pure function from what was seen to findings. Health means progress, not liveness: a process that answers, has a
// clean CPU and no errors, and completes nothing, is stalled. It looks at nothing itself and remembers nothing.
import type { Wait } from "../spi/waits.ts";

/** What stands still. Plain data. */
export interface StallFinding {
  /**
   * `wait`: something lasts longer than its limit. `no-progress`: a service has messages and commits none. `event-loop`: the process ran
   * nothing else for so long. `ownership`: the store has not told for so long who is alive, so nothing can be taken or kept.
   */
  readonly kind: "wait" | "no-progress" | "event-loop" | "ownership";
  /** The name of what is waited for, as "handler shipping/order.placed". The same finding has the same name. */
  readonly name: string;
  readonly forMs: number;
  readonly limitMs: number;
  /** How many waits of this name are over their limit. */
  readonly count: number;
  /** What is known, to which thing, and what to look at next. */
  readonly message: string;
}

/** How far a service of this process is. */
export interface GroupSeen {
  readonly group: string;
  /** Messages that were read and are not committed. */
  readonly backlog: number;
  /** How long there has been a backlog without a commit; 0 where there is none. */
  readonly standingMs: number;
  /** Commits that lost meanwhile against another process. */
  readonly lost: number;
}

interface StallSeen {
  /** Oldest first. */
  readonly waits: readonly Wait[];
  readonly groups: readonly GroupSeen[];
  readonly loopDelayMs: number;
  /** How long ago the store last told who is alive; null while that does not count. */
  readonly rosterAgoMs: number | null;
}

export interface StallLimits { readonly waitMs: number; readonly loopDelayMs: number; readonly rosterMs: number }

export function stallFindings(seen: StallSeen, limits: StallLimits): StallFinding[] {
  return [...overdueWaits(seen.waits), ...standing(seen, limits), ...loop(seen, limits), ...ownership(seen, limits)];
}

function overdueWaits(waits: readonly Wait[]): StallFinding[] {
  const byName = new Map<string, Wait[]>();
  for (const wait of waits) {
    if (!wait.overdue) continue;
    const found = byName.get(wait.name);
    if (found === undefined) byName.set(wait.name, [wait]);
    else found.push(wait);
  }
  return [...byName].map(([name, [oldest, ...more]]): StallFinding => ({
    kind: "wait", name, forMs: oldest?.forMs ?? 0, limitMs: oldest?.limitMs ?? 0, count: more.length + 1,
    message: `${name} has lasted ${seconds(oldest?.forMs ?? 0)}${oldest?.detail == null ? "" : ` (${oldest.detail})`}`
      + `${more.length === 0 ? "" : `, and ${String(more.length)} more of its kind are over their limit`}: ${oldest === undefined ? "" : adviceFor(oldest, waits)}`,
  }));
}

function adviceFor(wait: Wait, waits: readonly Wait[]): string {
  switch (wait.kind) {
    case "handler": return "it awaits something that does not come; make that a call of a port, or give it an end.";
    case "call": return wait.givenUp ? "the port ignores its signal; hand the signal to whatever it awaits." : "the other side does not answer.";
    case "pool": return `every connection is lent: ${holders(waits)}.`;
    case "transaction": return "its work awaits something other than its statements, and holds a connection meanwhile.";
    case "publish": case "flush": case "read": case "load": case "commit": case "timers": case "lease": case "hints": case "store":
      return "the store does not answer; look at the pool's waits, at locks and at the server.";
  }
}

/** Who has the connections that others wait for, as far as their users have names. */
function holders(waits: readonly Wait[]): string {
  const work = waits.filter((wait) => wait.name === "transaction work").map((wait) => `a user's transaction for ${seconds(wait.forMs)}`);
  return work.length > 0 ? `${work.slice(0, 3).join(", ")}; what runs inside it must not wait for a second connection` : "raise poolSize, or look for slow statements";
}

/** Accepting, but not completing. */
function standing({ groups, waits }: StallSeen, { waitMs }: StallLimits): StallFinding[] {
  return groups.flatMap(({ group, backlog, standingMs, lost }): StallFinding[] => {
    if (standingMs < waitMs) return [];
    const ofGroup = waits.filter((wait) => wait.name.startsWith(`handler ${group}/`) || wait.name.startsWith(`commit ${group}`) || wait.kind === "load");
    // A handler may be slow up to its own limit; but one that runs over and over because its commits lose makes no progress.
    if (lost === 0 && ofGroup.some((wait) => wait.kind === "handler" && !wait.overdue)) return [];
    const oldest = ofGroup.find((wait) => wait.overdue) ?? ofGroup[0];
    const why = lost > 0 ? `${String(lost)} commits lost against another process meanwhile` : oldest === undefined ? "nothing of it is waited for" : `its oldest wait is ${oldest.name}, for ${seconds(oldest.forMs)}`;
    return [{
      kind: "no-progress", name: `service ${group}`, forMs: standingMs, limitMs: waitMs, count: backlog,
      message: `Service '${group}' holds ${String(backlog)} messages and has committed none for ${seconds(standingMs)}: ${why}.`,
    }];
  });
}

function loop({ loopDelayMs: forMs }: StallSeen, { loopDelayMs: limitMs }: StallLimits): StallFinding[] {
  if (forMs < limitMs) return [];
  return [{
    kind: "event-loop", name: "event loop", forMs, limitMs, count: 1,
    message: `The event loop stood still for ${seconds(forMs)}: some code ran so long without giving way; find it with a CPU profile, and do it in parts or elsewhere.`,
  }];
}

function ownership({ rosterAgoMs: forMs }: StallSeen, { rosterMs: limitMs }: StallLimits): StallFinding[] {
  if (forMs === null || forMs < limitMs) return [];
  return [{
    kind: "ownership", name: "ownership", forMs, limitMs, count: 1,
    message: `The store has not told for ${seconds(forMs)} which workers are alive: this one can neither take nor keep partitions; look at the connection to the server.`,
  }];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
