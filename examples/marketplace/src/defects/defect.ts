// What a planted defect is: which failure it stands for, what was changed, where it is looked for, and what must be found.
import type { Scenario } from "@evenkeel/checker";

export interface Defect {
  /** The number of the failure that it stands for in docs/concepts/what-the-checker-finds.md. */
  readonly kind: string;
  /** The failure, in a sentence. */
  readonly failure: string;
  /** What is done otherwise than in the services that ship. */
  readonly planted: string;
  readonly broken: Scenario;
  /** The same scope without the defect: everything in it holds. */
  readonly sound: Scenario;
  /** Where the change needs more than one handler to be made at all: the same change without the defect, in which everything holds, too. */
  readonly mended?: Scenario;
  /** The property that breaks. */
  readonly property: string;
  /** Of the shortest way there, the start not counted. */
  readonly steps: number;
}
