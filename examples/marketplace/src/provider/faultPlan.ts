// Decides which request meets which fault. Every decision is a hash of the seed, the operation, the key and how often that key
// has been tried, so it does not depend on the order in which concurrent requests arrive. It refuses to act on them.
import { Faults, type ChargeBody } from "./contract.ts";

/** What happens to one request. `performed` says whether the work is done before the caller is let down. */
export type Fault =
  | { readonly kind: "none" }
  | { readonly kind: "hang" | "drop" | "error500"; readonly performed: boolean };

export interface FaultPlan {
  readonly faults: Faults;
  /** The fault for the next attempt of this key. */
  next(operation: "charge" | "refund" | "question", key: string): Fault;
  declineReason(key: string, body: ChargeBody): string | null;
}

export const NO_FAULTS: Faults = Faults.parse({});
const NONE: Fault = { kind: "none" };

export function faultPlan(faults: Faults): FaultPlan {
  const { hang, dropAfterCharging, dropBeforeCharging, error500, seed } = faults;
  const anyFault = hang + dropAfterCharging + dropBeforeCharging + error500 > 0;
  const blocked = new Set(faults.declineCustomers);
  const attempts = new Map<string, number>(); // grows by one entry per key, only while such faults are switched on
  return {
    faults,
    next(operation, key) {
      if (!anyFault || (operation === "question" && !faults.questions)) return NONE;
      const name = `${operation}/${key}`;
      const attempt = (attempts.get(name) ?? 0) + 1;
      attempts.set(name, attempt);
      const draw = fraction(seed, `${name}#${attempt}`);
      const performed = fraction(seed, `${name}#${attempt}?`) < 0.5;
      if (draw < hang) return { kind: "hang", performed };
      if (draw < hang + dropAfterCharging) return { kind: "drop", performed: true };
      if (draw < hang + dropAfterCharging + dropBeforeCharging) return { kind: "drop", performed: false };
      if (draw < hang + dropAfterCharging + dropBeforeCharging + error500) return { kind: "error500", performed };
      return NONE;
    },
    declineReason(key, body) {
      if (faults.declineAbovePence !== null && body.pence > faults.declineAbovePence) return "limit exceeded";
      if (body.customer !== null && blocked.has(body.customer)) return "customer blocked";
      return faults.decline > 0 && fraction(seed, `decline/${key}`) < faults.decline ? "card declined" : null;
    },
  };
}

/** A number in [0, 1) from a seed and a text: 32-bit FNV-1a, finished as in MurmurHash3 so that near texts are far apart. */
function fraction(seed: number, text: string): number {
  let h = 0x811c9dc5 ^ seed;
  for (let index = 0; index < text.length; index += 1) h = Math.imul(h ^ text.charCodeAt(index), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4_294_967_296;
}
