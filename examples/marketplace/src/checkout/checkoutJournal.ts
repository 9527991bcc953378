// What the journal of a checkout says of its order: told by what the run was answered, and written without a look at the run's own code, so that
// the audit has a second opinion.
import type { RunDocument } from "evenkeel";

/** The end of an order whose purchase ended otherwise than by returning. */
const UNDONE: Readonly<Record<string, string>> = {
  "purchase childFailed cancelled": "cancelled",
  "purchase childFailed compensated": "compensated",
};

/**
 * The status of an order whose checkout was told this, in this order. Each fact is what was asked for and how it was answered; none at all is
 * the story of an order that was refused at the door.
 *
 * @example replayCheckout(["stock.reserved ok", "purchase ok", "stock.sold ok"]) // "confirmed"
 */
export function replayCheckout(facts: readonly string[]): string {
  const [first = ""] = facts;
  if (first === "") return "refused";
  let status = "placed";
  let end = "";
  for (const fact of facts) {
    if (fact === "stock.rejected ok") status = "rejected";
    else if (fact === "order.cancelling ok") status = "cancelling";
    else if (fact === "stock.sold ok") status = "confirmed";
    else if (fact === "stock.released ok") status = end;
    else end = UNDONE[fact] ?? end;
  }
  return status;
}

/** What a run was told, as {@link replayCheckout} reads it. */
export function factsOf(journal: RunDocument<unknown, unknown>["journal"]): string[] {
  return journal.flatMap((entry) => {
    if (entry.kind !== "settled") return [];
    const asked = journal[entry.of];
    const name = asked?.kind === "requested" && "name" in asked ? asked.name : "";
    return [[name, entry.end.kind, ..."status" in entry.end ? [entry.end.status] : []].join(" ")];
  });
}
