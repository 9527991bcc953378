// What a planted defect of the delivery is: what is done wrong, where it is looked for, and which invariant speaks of it.
import type { delivery } from "../delivery.ts";
import type { Scope } from "../testing/deliveryScenario.ts";

export interface Defect {
  /** What is done otherwise than in the workflow that ships. */
  readonly planted: string;
  readonly broken: typeof delivery;
  /** The narrowest that shows it. */
  readonly scope: Scope;
  /** The property that must break, asked alone: no other one finds it first. How its name begins, and no other one's. */
  readonly property: string;
  /** Of the shortest way there, the start not counted. */
  readonly steps: number;
}

export const ONE: Scope = { shipments: ["s-1"], reviewers: ["approves"] };
export const REFUSED: Scope = { shipments: ["s-1"], reviewers: ["refuses"] };
export const TWO: Scope = { shipments: ["s-1", "s-2"], reviewers: ["approves"] };
