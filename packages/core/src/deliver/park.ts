// Parking: what becomes of a message whose handler failed. The key waits with its followers in order; all other keys flow. A dead letter
// is a parked key that waits for a person.
import type { Failure } from "../message/changes.ts";
import type { Message } from "../message/envelope.ts";
import type { ParkStatus } from "../spi/store.ts";
import { backoffMs, type RetryPolicy } from "../message/backoff.ts";

/** @param attempts runs of the handler so far, this failure included. */
export function parkStatus(policy: RetryPolicy, message: Message, failure: Failure, attempts: number): ParkStatus {
  const dead = failure.retry === "never" || attempts >= policy.maxAttempts;
  const retryInMs = dead ? null : failure.retry === "now" ? 0 : backoffMs(policy, message.id, attempts, failure.afterMs);
  return { attempts, code: failure.code, reason: failure.message, retryInMs };
}
