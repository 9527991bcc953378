// One look at an application from outside: its services, workers, leases and the calls that wait for a person. Shown by status, judged by
// doctor.
import type { GroupSummary } from "@evenkeel/core/spi";
import type { CallInNeed, LeaseState, OperatorAccess, StallState, WorkerState } from "@evenkeel/postgres";

const CALLS = 100;

export interface Seen {
  readonly groups: readonly GroupSummary[];
  readonly workers: readonly WorkerState[];
  readonly leases: readonly LeaseState[];
  /** Longest first. */
  readonly stalls: readonly StallState[];
  readonly callsNeedingAttention: readonly CallInNeed[];
}

export async function look(operator: OperatorAccess): Promise<Seen> {
  const [groups, workers, leases, stalls, callsNeedingAttention] = await Promise.all([
    operator.summary(), operator.workers(), operator.leases(), operator.stalls(), operator.callsInNeed(CALLS),
  ]);
  return { groups, workers, leases, stalls, callsNeedingAttention };
}
