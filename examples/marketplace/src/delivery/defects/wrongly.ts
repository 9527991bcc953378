// The delivery that ships with one thing done otherwise: its function is the same, and what it asks of the workflow's context goes through the hands of
// whoever breaks it. It is run anew for each replay, and so is what is kept here.
import { workflow } from "evenkeel";
import type { DeliveryContext } from "../context.ts";
import { deliver, options, type delivery } from "../delivery.ts";

/** What the function asks for: a verb of its context, with what it is given. */
interface Asked {
  readonly verb: string;
  /** Of a step or a callback. */
  readonly name: string;
  /** All but the name. */
  readonly given: readonly unknown[];
  /** Asks for it as it was asked for. */
  go(): unknown;
  /** Asks for it with other things. */
  goWith(verb: "step" | "pivot" | "retriable" | "readonly", ...given: readonly unknown[]): unknown;
}

/** What becomes of what is asked for; called anew for each run of the function. */
export type Wrong = (w: DeliveryContext) => (asked: Asked) => unknown;

export function wrongly(wrong: Wrong): typeof delivery {
  return workflow("delivery", options, (cart, w) => deliver(cart, meddled(w, wrong(w))));
}

/** Something more is done when the first parcel has left. */
export function afterPivot(more: (w: DeliveryContext) => Promise<unknown>): Wrong {
  return (w) => ({ verb, go }) => (verb !== "pivot" ? go() : Promise.resolve(go()).then(async (value) => {
    await more(w);
    return value;
  }));
}

function meddled(w: DeliveryContext, wrong: (asked: Asked) => unknown): DeliveryContext {
  return new Proxy(w, {
    get: (target, verb) => {
      const found: unknown = Reflect.get(target, verb, target);
      if (typeof found !== "function") return found;
      if (typeof verb !== "string" || verb === "map") return found.bind(target) as unknown;
      return (...all: readonly unknown[]): unknown => {
        const [name, ...given] = all;
        const call = (other: string, ...others: readonly unknown[]): unknown => {
          const asked: unknown = Reflect.get(target, other, target);
          if (typeof asked !== "function") throw new TypeError(`The context of a workflow has no verb '${other}'.`);
          return Reflect.apply(asked, target, others) as unknown;
        };
        return wrong({
          verb, name: typeof name === "string" ? name : "", given, go: () => call(verb, ...all), goWith: (other, ...others) => call(other, name, ...others),
        });
      };
    },
  });
}
