// What the invariants of a delivery ask of a state, in words of the trade: what was done, for which parcels, for how much money. Pure functions.
import type { RunDocument } from "evenkeel";

interface Effect<Input = unknown> { readonly applied: number; readonly input: Input }
interface Run { readonly status: string; readonly journal: RunDocument<unknown, unknown>["journal"] }

export function done(effects: readonly Effect[]): number {
  return effects.filter(({ applied }) => applied > 0).length;
}

/** What went over in all. */
export function pence(effects: readonly Effect<{ readonly pence: number }>[]): number {
  return effects.reduce((sum, { applied, input }) => sum + applied * input.pence, 0);
}

/** The parcels of which it was done, once for each time. */
export function parcelsOf(effects: readonly Effect<{ readonly shipmentId: string }>[]): string[] {
  return effects.flatMap(({ applied, input }) => (applied > 0 ? [input.shipmentId] : []));
}

/** A pick is called like its parcel. */
export function picksOf(effects: readonly Effect<{ readonly pickId: string }>[]): string[] {
  return effects.flatMap(({ applied, input }) => (applied > 0 ? [input.pickId] : []));
}

export function areSame(these: readonly string[], those: readonly string[]): boolean {
  return [...these].sort().join("\n") === [...those].sort().join("\n");
}

export function without(all: readonly string[], these: readonly string[]): string[] {
  return all.filter((one) => !these.includes(one));
}

/** Somebody has to look: the run has stopped half-way, and shows it. */
export function needsPerson(runs: readonly Run[]): boolean {
  return runs.some(({ status }) => status === "attention");
}

/** The first answer to the review said yes. */
export function isApproved({ journal }: Run): boolean {
  const review = journal.findIndex((entry) => entry.kind === "requested" && entry.what === "callback" && entry.name === "review");
  const answer = journal.find((entry) => entry.kind === "settled" && entry.of === review);
  if (answer?.kind !== "settled" || answer.end.kind !== "ok") return false;
  const { value } = answer.end;
  return typeof value === "object" && value !== null && "approved" in value && value.approved === true;
}
