// What one step of a system was, for traces and for those that repeat it elsewhere. The kind of step is the action; this says to whom.
import type { Envelope } from "@evenkeel/core";
import type { NewCall } from "@evenkeel/core/engine";

export type StepDetail =
  /** `stimulus`: its place in `when`, with reactions behind. */
  | { readonly kind: "arrived"; readonly message: Envelope; readonly stimulus: number; readonly again: boolean; readonly isReaction?: true }
  | { readonly kind: "handled" | "killed" | "redriven"; readonly service: string; readonly message: Envelope }
  /** `end`: the answer's name, or how it stayed unanswered. */
  | { readonly kind: "performed"; readonly service: string; readonly call: NewCall; readonly end: string; readonly workerDied: boolean }
  | { readonly kind: "asked"; readonly service: string; readonly call: NewCall; readonly answer: string }
  /** A worker is lost with what it held of this key; `calls`: attempts of these had their effect. */
  | { readonly kind: "takenOver"; readonly service: string; readonly tenant: string; readonly key: string; readonly calls: readonly NewCall[] }
  | { readonly kind: "expired"; readonly service: string; readonly call: NewCall }
  | { readonly kind: "landed"; readonly operation: string; readonly key: string; readonly tenant: string }
  | { readonly kind: "fired"; readonly message: Envelope };

/** A step's receiver that knows what steps are. */
export type Steps<State> = (action: number, next: State, detail: StepDetail) => void;
