// Defects of money: charged twice, too much or too late, paid back too little, too much or for the other parcel, an authorization that nobody voids.
import { workflow } from "evenkeel";
import { deliver, options } from "../delivery.ts";
import { bank } from "../ports.ts";
import { ONE, TWO, type Defect } from "./defect.ts";
import { afterPivot, wrongly } from "./wrongly.ts";

const authorization = { authorizationId: "o" };

const chargeLate = afterPivot((w) => w.retriable("capture", bank.capture, { ...authorization, pence: 500 }));

const chargesTwice: Defect = {
  planted: "the charge is captured a second time under another key",
  broken: wrongly((w) => ({ name, go }) =>
    (name === "capture" ? w.readonly("capture again", bank.capture, { ...authorization, pence: 500 }).then(() => go()) : go())),
  scope: ONE, property: "INV-1", steps: 25,
};

const chargesMore: Defect = {
  planted: "more is captured than was authorized",
  broken: wrongly(() => ({ name, given: [operation, , ...rest], go, goWith }) =>
    (name === "capture" ? goWith("step", operation, { ...authorization, pence: 700 }, ...rest) : go())),
  scope: ONE, property: "INV-2", steps: 24,
};

const shipsFirst: Defect = {
  planted: "the charge is captured when the parcel has left",
  broken: wrongly((w) => (asked) => (asked.name === "capture" ? Promise.resolve({ captureId: "o", pence: 500 }) : chargeLate(w)(asked))),
  scope: ONE, property: "INV-1", steps: 21,
};

const keepsMoney: Defect = {
  planted: "the capture has no undo",
  broken: wrongly(() => ({ name, given: [operation, input], go, goWith }) => (name === "capture" ? goWith("readonly", operation, input) : go())),
  scope: ONE, property: "INV-2", steps: 34,
};

const refundsMore: Defect = {
  planted: "the undo of the capture pays back twice as much",
  broken: wrongly(() => ({ name, given: [operation, input], go, goWith }) => (name === "capture"
    ? goWith("step", operation, input, {
      undo: bank.refund, undoInput: ({ captureId, pence }: { readonly captureId: string; readonly pence: number }) => ({ captureId, pence: 2 * pence }),
    })
    : go())),
  scope: ONE, property: "INV-3", steps: 27,
};

const refundsTwice: Defect = {
  planted: "the author pays back by hand what is undone, too",
  broken: workflow("delivery", options, async (cart, w) => {
    try {
      return await deliver(cart, w);
    } catch (error) {
      await w.retriable("refund by hand", bank.refund, { captureId: "o", pence: 500 });
      throw error;
    }
  }),
  scope: ONE, property: "INV-3", steps: 13,
};

const keepsRest: Defect = {
  planted: "the parcel that does not leave is not paid back",
  broken: wrongly(() => ({ name, go }) => (name.startsWith("pay back") ? Promise.resolve() : go())),
  scope: TWO, property: "INV-2", steps: 36,
};

const paysForOther: Defect = {
  planted: "what is paid back is the price of the other parcel",
  broken: wrongly(() => ({ name, given: [operation], go, goWith }) =>
    (name.startsWith("pay back") ? goWith("retriable", operation, { captureId: "o", pence: name.endsWith("s-1") ? 300 : 500 }) : go())),
  scope: TWO, property: "INV-2", steps: 38,
};

const voidsNothing: Defect = {
  planted: "the authorization has no undo",
  broken: wrongly(() => ({ name, given: [operation, input], go, goWith }) => (name === "authorize" ? goWith("readonly", operation, input) : go())),
  scope: ONE, property: "INV-4", steps: 16,
};

const voidsCaptured: Defect = {
  planted: "an authorization is voided when its parcel has left",
  broken: wrongly(afterPivot((w) => w.retriable("void", bank.void, authorization))),
  scope: ONE, property: "INV-4", steps: 26,
};

export const MONEY: readonly Defect[] = [
  chargesTwice, chargesMore, shipsFirst, keepsMoney, refundsMore, refundsTwice, keepsRest, paysForOther, voidsNothing, voidsCaptured,
];
