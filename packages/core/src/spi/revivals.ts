// Revivals: notes that a key has work which only its owner's memory knows of. How they are set and cleared is part of a commit (store.ts); what
// the work is, and how it is found again, is its owner's to know.

import type { Revival } from "../message/changes.ts";

export interface RevivalStore {
  /**
   * The keys of a group that must be revived, of these partitions, ascending by (partition, tenant, key), at most `limit` after `after`. Texts are
   * ordered by their code points. It looks at no lease: whoever was granted a partition reads what its owners before had committed.
   */
  readRevivals(request: RevivalRequest): Promise<readonly Revival[]>;
}

export interface RevivalRequest {
  readonly group: string;
  readonly partitions: readonly number[];
  readonly limit: number;
  /** The last one of the page before, which need not be there any more; null for the first page. */
  readonly after: Revival | null;
}
