// Shared breakers in memory: a row per operation, changed only by who knows its version, and the audit trail of resets.
import type { BreakerChange, BreakerChanged, BreakerEntry, BreakerReset, BreakerRow } from "../spi/breakers.ts";
import type { BreakerState, Memory } from "./memory-state.ts";

const NEVER: BreakerState = { phase: "closed", version: 0, until: null, prober: null, since: 0, opened: 0, resets: 0, reporter: "" };

export function changeBreaker(memory: Memory, change: BreakerChange): BreakerChanged {
  const { state, host } = memory;
  const { operation, by, forMs } = change;
  const known = state.breakers.get(operation) ?? NEVER;
  if (known.version !== change.version || !isAllowed(known, change, host.elapsed())) return { applied: false, row: rowOf(memory, operation, known) };
  const next: BreakerState = { ...known, ...changes(change, host.elapsed() + forMs), version: known.version + 1, reporter: by };
  if ((next.phase === "closed") !== (known.phase === "closed")) next.since = host.now();
  if (change.kind === "open") next.opened++;
  state.breakers.set(operation, next);
  return { applied: true, row: rowOf(memory, operation, next) };
}

function isAllowed({ phase, until, prober }: BreakerState, { kind, by }: BreakerChange, now: number): boolean {
  if (kind === "open") return phase === "closed" || prober === by;
  if (kind === "probe") return phase !== "closed" && (now >= (until ?? 0) || prober === by);
  return prober === by;
}

function changes({ kind, by, forMs }: BreakerChange, until: number): Pick<BreakerState, "phase" | "until" | "prober"> {
  switch (kind) {
    case "open": return { phase: "open", until, prober: null };
    case "probe": return { phase: "halfOpen", until, prober: by };
    case "close": return { phase: "closed", until: null, prober: null };
    case "release": return { phase: "open", until: until - forMs, prober: null };
  }
}

function rowOf({ host }: Memory, operation: string, { phase, version, until, prober }: BreakerState): BreakerRow {
  return { operation, phase, version, untilInMs: until === null ? null : Math.max(0, until - host.elapsed()), prober };
}

export function breakerRows(memory: Memory): BreakerRow[] {
  return [...memory.state.breakers].map(([operation, breaker]) => rowOf(memory, operation, breaker));
}

export function listBreakers(memory: Memory): BreakerEntry[] {
  return [...memory.state.breakers]
    .map(([operation, breaker]) => {
      const { since, opened, resets, reporter } = breaker;
      return { ...rowOf(memory, operation, breaker), since, opened, resets, reporter };
    })
    .sort((a, b) => a.operation < b.operation ? -1 : 1);
}

export function resetBreaker({ state, host }: Memory, { operation, actor, note }: Pick<BreakerReset, "operation" | "actor" | "note">): BreakerReset | null {
  const known = state.breakers.get(operation);
  if (known === undefined) return null;
  const { phase: was, version, resets, since } = known;
  state.breakers.set(operation, {
    ...known, phase: "closed", until: null, prober: null, version: version + 1, resets: resets + 1, reporter: actor,
    since: was === "closed" ? since : host.now(),
  });
  const reset = { id: state.breakerResets.length + 1, operation, was, actor, note, resetAt: host.now() };
  state.breakerResets.push(reset);
  return reset;
}

export function breakerResets({ state }: Memory, { operation, limit }: { readonly operation?: string; readonly limit: number }): BreakerReset[] {
  return state.breakerResets.filter((reset) => operation === undefined || reset.operation === operation).reverse().slice(0, limit);
}
