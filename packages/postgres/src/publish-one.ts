// One call of one message, which is what an idle system publishes: fewer arrays, fewer statements, and the others are told in the same round
// trip, with the message itself. Whatever is unusual about it is left to the general way, which can tell why.
import { handoversOf, type Envelope, type PublishCall, type PublishResult } from "@evenkeel/core/spi";
import { number, StatementError } from "./connection.ts";
import type { Hints } from "./hints.ts";
import type { Scope } from "./scope.ts";

/** The message of a call that can go this way; null: it cannot. */
export function onlyMessage(calls: readonly PublishCall[]): Envelope | null {
  const [call, second] = calls;
  if (call === undefined || second !== undefined || call.timers.length > 0 || call.messages.length !== 1) return null;
  return call.messages[0] ?? null;
}

/** Null: nothing happened, or it happened before; the general way finds out which. */
export async function publishOne(scope: Scope, hints: Hints, call: PublishCall, message: Envelope): Promise<PublishResult | null> {
  const values: (string | number | null)[] = [
    call.tenant, call.doorKey, call.digest, message.partition, message.version, message.occurredAt, message.id, message.name, message.key,
    message.correlationId, message.trace, message.body,
  ];
  const notice = hints.notice(message);
  const statement = notice === null
    ? `select * from ${scope.s}.publish_one_1($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)`
    : `call ${scope.s}.publish_and_tell_2($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,null,null)`;
  try {
    const name = `${scope.schema}.${notice === null ? "publish_one_1" : "publish_and_tell_2"}`;
    const [row] = await scope.quick.repeat(statement, notice === null ? values : [...values, notice.sender, notice.text], name);
    const position = number(row?.[0]);
    const before = row?.[1];
    if (notice === null) hints.hint({ partitions: [message.partition], timers: false });
    return {
      kind: "published",
      receipts: [{ id: message.id, partition: message.partition, position }],
      handovers: before == null ? [] : handoversOf([message], [position], new Map([[message.partition, Number(before)]])),
    };
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    // It may have happened, untold; and a notice without an echo would look as if hints did not arrive.
    if (notice !== null) hints.hint({ partitions: [message.partition], timers: false });
    return error.failure.kind === "refused" ? null : { kind: "inDoubt", reason: error.failure.message };
  }
}
