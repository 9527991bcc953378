// The calls of a group as their runner reads them. How they change is part of a commit (store.ts), and how operators act on them stands in
// call-controls.ts.
import type { CallRecord } from "../message/call.ts";

export interface CallStore {
  /** Live calls of a group's partitions with a sequence after `after`, in order. */
  readCalls(request: CallsRequest): Promise<CallsRead>;
}

export interface CallsRequest {
  readonly group: string;
  readonly partitions: readonly number[];
  readonly after: number;
  readonly limit: number;
  /**
   * Who is going to perform them. Partitions that it does not own any more as it was granted them are left out, seen in the snapshot that the
   * calls are read from: so whoever was replaced and has not heard of it begins no call that was requested of its successor, who would know
   * nothing of the attempt. Default: whoever reads them only looks.
   */
  readonly owner?: { readonly worker: string; readonly fences: readonly { readonly partition: number; readonly epoch: number }[] };
  /** The call with which the inputs reach this many characters is the last one (stores may count bytes as they keep them). Default: no bound. */
  readonly maxLength?: number;
}

export interface CallsRead {
  readonly calls: readonly CallRecord[];
  /** Whether `limit` or `maxLength` ended the read, so that there may be more behind the last call. */
  readonly more: boolean;
}
