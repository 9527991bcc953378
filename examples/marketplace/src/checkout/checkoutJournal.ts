// What the journal of a checkout says of its order: told by what the run was answered, and written without a look at the run's own code, so that
// the audit has a second opinion.
import type { RunDocument } from "evenkeel";

/** What was done and can be undone, by the fact that says so. */
const DONE: Readonly<Record<string, string>> = { "reserve-stock ok stock.reserved": "reserve-stock", "charge ok": "charge", "label ok": "label" };

/**
 * The status of an order whose checkout was told this, in this order. Each fact is what was asked for and how it ended, or that it was undone;
 * none at all is the story of an order that was refused at the door.
 *
 * @example replayCheckout(["reserve-stock ok stock.reserved", "charge failed", "undone reserve-stock"]) // "compensated"
 */
export function replayCheckout(facts: readonly string[]): string {
  const [first = ""] = facts;
  if (first === "") return "refused";
  const standing = new Set<string>();
  let end: "cancelled" | "compensated" | null = null;
  for (const fact of facts) {
    const done = DONE[fact];
    if (done !== undefined) standing.add(done);
    else if (fact === "cancelled") end = "cancelled";
    else if (fact.endsWith(" failed")) end ??= "compensated";
    else if (fact.startsWith("undone ")) standing.delete(fact.slice("undone ".length));
    else if (fact === "sell-stock ok stock.sold") return "confirmed";
    else if (fact === "reserve-stock ok stock.rejected" && end === null) return "rejected";
  }
  if (end !== null && standing.size === 0) return end;
  return end === "cancelled" ? "cancelling" : "placed";
}

/** What a run was told, as {@link replayCheckout} reads it. */
export function factsOf(journal: RunDocument<unknown, unknown>["journal"]): string[] {
  const nameAt = (at: number): string => {
    const entry = journal[at];
    return entry?.kind === "requested" && "name" in entry ? entry.name : "";
  };
  return journal.flatMap((entry) => {
    if (entry.kind === "cancelled") return ["cancelled"];
    if (entry.kind !== "settled") return [];
    const { of, end } = entry;
    const asked = journal[of];
    if (asked?.kind === "undo" || asked?.kind === "undoAsk") return [`undone ${nameAt(asked.of)}`];
    const answer = end.kind === "ok" && typeof end.value === "object" && end.value !== null && "name" in end.value ? [String(end.value.name)] : [];
    return [[nameAt(of), end.kind, ...answer].join(" ")];
  });
}
