// One finding of the audit: which invariant does not hold, and where. It refuses to say why.

export interface Violation {
  readonly invariant: string;
  /** The order, return, SKU or call at fault. */
  readonly key: string;
  readonly what: string;
}
