// Defects of goods: stock that is held for ever, sold without having been sold, not put back; labels and picks that stay, or are taken from the parcel
// that leaves.
import { stock } from "../ports.ts";
import { ONE, REFUSED, TWO, type Defect } from "./defect.ts";
import { afterPivot, wrongly, type Wrong } from "./wrongly.ts";

const held = { reservationId: "o" };

/** A step is asked for as if there were nothing to undo. */
function withoutUndo(step: string): Wrong {
  return () => ({ name, given: [operation, input], go, goWith }) => (name.startsWith(step) ? goWith("readonly", operation, input) : go());
}

function leftOut(step: string): Wrong {
  return () => ({ name, go }) => (name.startsWith(step) ? Promise.resolve() : go());
}

export const GOODS: readonly Defect[] = [
  { planted: "the reservation has no undo", broken: wrongly(withoutUndo("reserve")), scope: REFUSED, property: "INV-7", steps: 16 },
  { planted: "the sale has no undo", broken: wrongly(withoutUndo("commit")), scope: ONE, property: "INV-7", steps: 34 },
  { planted: "the reservation is never made a sale", broken: wrongly(leftOut("commit")), scope: ONE, property: "INV-1", steps: 21 },
  {
    planted: "the reservation is released once it is a sale",
    broken: wrongly(afterPivot((w) => w.retriable("release", stock.release, held))),
    scope: ONE, property: "INV-7", steps: 26,
  },
  { planted: "what does not leave is not put back on the shelf", broken: wrongly(leftOut("restock")), scope: TWO, property: "INV-7", steps: 36 },
  { planted: "the label has no undo", broken: wrongly(withoutUndo("label")), scope: ONE, property: "INV-8", steps: 34 },
  { planted: "the pick has no undo", broken: wrongly(withoutUndo("notify")), scope: ONE, property: "INV-8", steps: 34 },
  {
    planted: "a parcel leaves with a label that nobody has made",
    broken: wrongly(() => ({ name, go }) => (name === "label s-1" ? Promise.resolve({ shipmentId: "s-1", label: "made by hand" }) : go())),
    scope: ONE, property: "INV-1", steps: 21,
  },
  {
    planted: "the other parcel is recalled, the one that has left",
    broken: wrongly(() => ({ name, given: [operation], go, goWith }) =>
      (name.startsWith("recall") ? goWith("retriable", operation, { pickId: name.endsWith("s-1") ? "s-2" : "s-1" }) : go())),
    scope: TWO, property: "INV-8", steps: 38,
  },
];
