// The stall watch: looks at the waits of a process once a second, says once when something stands still, and once when it goes on. It ends
// nothing and mends nothing; every wait has an owner with a timeout for that. While nothing runs and nothing waits, it keeps no timer.
import type { Host } from "../spi/host.ts";
import type { Settings } from "../settings.ts";
import type { Wait } from "../spi/waits.ts";
import { stallFindings, type GroupSeen, type StallFinding, type StallLimits } from "./stall-findings.ts";
import type { WatchedStore } from "./watched-store.ts";

/**
 * Whether a process makes progress. `ok`: nothing stands still. `stalled`: something does, whatever else goes well. `starting`: not started,
 * or not yet known to the store. `stopping`: `stop` was called. A process that only publishes stays `starting`: look at its findings.
 */
export interface Health {
  readonly status: "ok" | "stalled" | "starting" | "stopping";
  readonly findings: readonly StallFinding[];
  readonly progress: HealthProgress;
}

interface HealthProgress {
  /** Each service of this process: messages committed since `start`, read and not committed, and how long there was no commit in spite of them. */
  readonly services: Readonly<Record<string, { readonly handled: number; readonly waiting: number; readonly standingMs: number }>>;
  /** Waits under way. */
  readonly waits: number;
  readonly oldestWaitMs: number;
}

/** A service as the watch sees it. */
interface WatchedGroup {
  readonly group: string;
  readonly stats: { readonly messages: number; readonly commits: number; readonly conflicts: number };
  readonly backlog: () => number;
  readonly waits: () => readonly Wait[];
}

interface StallWatchOptions {
  readonly host: Host;
  readonly settings: Pick<Settings, "waitMs" | "loopDelayMs" | "leaseMs">;
  readonly watched: WatchedStore;
  /** The services that run now. */
  readonly groups: readonly WatchedGroup[];
  readonly publisher: { waits(generalMs: number): readonly Wait[] };
  /** Called with all findings when one has come or gone. */
  readonly onChange?: (found: readonly StallFinding[]) => void;
}

interface StallWatch {
  started(): void;
  stopping(): void;
  stopped(): void;
  health(): Health;
  /** Everything that is waited for, oldest first. */
  waits(): Wait[];
}

/** Where a service stood when it last made progress. */
interface Standing { readonly commits: number; readonly conflicts: number; readonly since: number }

/** A quarter less than a second, so that what lasts its limit is reported well within twice that. */
const MOST_LOOK_MS = 750;

export function stallWatch(options: StallWatchOptions): StallWatch {
  const { host, settings, groups, publisher } = options;
  const { store, waits, rosterAt } = options.watched;
  const { waitMs, loopDelayMs: mostDelayMs, leaseMs } = settings;
  const limits: StallLimits = { waitMs, loopDelayMs: mostDelayMs, rosterMs: Math.max(waitMs, leaseMs) };
  const lookMs = Math.max(10, Math.min(MOST_LOOK_MS, limits.waitMs / 5, limits.loopDelayMs / 2));
  const standing = new Map<string, Standing>();
  const told = new Map<string, StallFinding>();
  let phase: "ready" | "running" | "stopping" | "stopped" = "ready";
  let startedAt = 0;
  let cancel: (() => void) | null = null;
  let dueAt = 0;
  let loopDelayMs = 0;

  function arm(): void {
    if (cancel !== null || phase === "stopped") return;
    dueAt = host.elapsed() + lookMs;
    // The host begins to measure with the first question.
    host.loopDelayMs?.();
    cancel = host.after(lookMs, look);
  }

  function look(): void {
    cancel = null;
    const late = Math.max(0, host.elapsed() - dueAt);
    loopDelayMs = Math.max(late, host.loopDelayMs?.() ?? 0);
    const all = allWaits();
    tell(findings(all));
    if (phase === "running" || all.length > 0) arm();
    else loopDelayMs = 0;
  }

  function tell(found: readonly StallFinding[]): void {
    const now = new Map(found.map((one) => [`${one.kind} ${one.name}`, one]));
    const isOther = now.size !== told.size || [...now.keys()].some((id) => !told.has(id));
    for (const [id, one] of now) {
      if (!told.has(id)) host.log("warning", "stall.found", { ...one });
      told.set(id, one);
    }
    for (const [id, { kind, name, forMs }] of told) {
      if (now.has(id)) continue;
      told.delete(id);
      host.log("info", "stall.ended", { kind, name, forMs });
    }
    if (isOther) options.onChange?.(found);
  }

  function allWaits(): Wait[] {
    const inStore = [...waits.list(waitMs), ...store.waits?.(waitMs) ?? []];
    return [...inStore, ...publisher.waits(waitMs), ...groups.flatMap((group) => group.waits())].sort((a, b) => b.forMs - a.forMs);
  }

  function findings(all: readonly Wait[]): StallFinding[] {
    const rosterAgoMs = phase === "running" ? host.elapsed() - Math.max(startedAt, rosterAt() ?? 0) : null;
    return stallFindings({ waits: all, groups: phase === "running" ? groups.map(seen) : [], loopDelayMs, rosterAgoMs }, limits);
  }

  /** A service stands from the first look at which it had a backlog and had not committed since the look before. */
  function seen({ group, stats, backlog }: WatchedGroup): GroupSeen {
    const now = host.elapsed();
    const waiting = backlog();
    let from = standing.get(group);
    if (from === undefined || waiting === 0 || from.commits !== stats.commits) {
      from = { commits: stats.commits, conflicts: stats.conflicts, since: now };
      standing.set(group, from);
    }
    return { group, backlog: waiting, standingMs: now - from.since, lost: stats.conflicts - from.conflicts };
  }

  waits.onBusy = arm;

  return {
    started: () => { phase = "running"; startedAt = host.elapsed(); arm(); },
    stopping: () => { phase = "stopping"; },
    stopped: () => {
      phase = "stopped";
      cancel?.();
      cancel = null;
    },
    waits: allWaits,
    health: () => {
      const all = allWaits();
      const found = findings(all);
      const isKnown = phase === "running" && rosterAt() !== null;
      return {
        status: phase === "stopping" || phase === "stopped" ? "stopping" : found.length > 0 ? "stalled" : isKnown ? "ok" : "starting",
        findings: found,
        progress: {
          services: Object.fromEntries(groups.map((one) => {
            const { group, backlog, standingMs } = seen(one);
            return [group, { handled: one.stats.messages, waiting: backlog, standingMs }];
          })),
          waits: all.length,
          oldestWaitMs: all[0]?.forMs ?? 0,
        },
      };
    },
  };
}
