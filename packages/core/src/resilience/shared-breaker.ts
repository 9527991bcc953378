// What one process knows of a breaker that all share, and how its own breaker follows it: it tells the store what it saw, claims the one probe
// before a call goes as it, and takes over what others changed. Without the store it steps aside, and the own breaker stands alone. Plain data,
// changed in place by these functions alone; it performs nothing.
import type { BreakerChange, BreakerChanged, BreakerRow } from "../spi/breakers.ts";
import { isOpen, reset, type Breaker } from "./breaker.ts";

export interface SharedBreaker {
  /** Whether the store answers; else the own breaker stands alone. */
  attached: boolean;
  /** Whether that was said: once, until a change was answered again, or none is needed. */
  saidAway: boolean;
  /** Of the row, as last known. */
  version: number;
  /** What the store was asked and has not answered, and when; nothing goes meanwhile. */
  asked: BreakerChange["kind"] | null;
  askedAt: number;
  /** The probe is ours, and no call has gone as it yet. */
  granted: boolean;
}

/** What following the row did to the own breaker. */
type Followed = "opened" | "closed" | null;

export function newSharedBreaker(): SharedBreaker {
  return { attached: true, saidAway: false, version: 0, asked: null, askedAt: 0, granted: false };
}

/** Whether nothing may go now. */
export function isShut(breaker: Breaker, shared: SharedBreaker | null, nowMs: number): boolean {
  if (shared?.attached !== true) return isOpen(breaker, nowMs);
  return shared.asked !== null || (breaker.phase !== "closed" && !shared.granted);
}

/** When a probe may be claimed; null: it is not ours to claim. */
export function claimAt(breaker: Breaker, shared: SharedBreaker): number | null {
  return shared.attached && shared.asked === null && !shared.granted && breaker.phase !== "closed" ? breaker.until : null;
}

/** The store is being asked for this change. */
export function ask(shared: SharedBreaker, kind: BreakerChange["kind"], nowMs: number): void {
  shared.asked = kind;
  shared.askedAt = nowMs;
  shared.granted = false;
}

/** The store has answered. `me` is what this process's changes are made by. */
export function answered(breaker: Breaker, shared: SharedBreaker, { applied, row }: BreakerChanged, me: string, nowMs: number): Followed {
  const { asked } = shared;
  shared.asked = null;
  shared.version = row.version;
  if (asked !== "probe" || !applied) return follow(breaker, row, me, nowMs);
  shared.granted = true;
  breaker.phase = "open";
  breaker.until = nowMs;
  return null;
}

/** The store did not answer: whatever became of the change, the own breaker stands alone until a look reaches the store again. */
export function detach(shared: SharedBreaker): void {
  shared.asked = null;
  shared.granted = false;
  shared.attached = false;
}

/** Whether a look at the row brings anything new. */
export function isNews(breaker: Breaker, shared: SharedBreaker, row: BreakerRow | null): boolean {
  if (shared.asked !== null) return false;
  // A probe of our own that went while the store was away ends first.
  return shared.attached ? (row?.version ?? 0) > shared.version : breaker.phase !== "halfOpen";
}

/** Takes over what a look brought. `tell`: the store does not know that the own breaker has opened. */
export function looked(breaker: Breaker, shared: SharedBreaker, row: BreakerRow | null, me: string, nowMs: number): Followed | "tell" {
  const version = row?.version ?? 0;
  const same = version === shared.version;
  shared.attached = true;
  shared.granted = false;
  shared.version = version;
  if (!same || (row !== null && row.phase !== "closed")) return follow(breaker, row, me, nowMs);
  return breaker.phase === "closed" ? null : "tell";
}

function follow(breaker: Breaker, row: BreakerRow | null, me: string, nowMs: number): Followed {
  const wasClosed = breaker.phase === "closed";
  if (row === null || row.phase === "closed") {
    reset(breaker);
    return wasClosed ? null : "closed";
  }
  breaker.phase = row.phase;
  // A probe of ours of which we know nothing went with an answer that got lost: it may be claimed again at once.
  breaker.until = row.prober === me ? nowMs : nowMs + (row.untilInMs ?? 0);
  breaker.era++;
  if (wasClosed) breaker.opened++;
  return wasClosed ? "opened" : null;
}
