// The toy handlers: each run takes effect, or fails in one of the ways that the scope allows. Every combination for a batch is told, as the
// loop that runs handlers would leave it: what stands behind a failure of its key in the batch queues.
import type { BatchItem } from "@evenkeel/core/engine";
import type { Decision, Envelope, Failure, Message } from "@evenkeel/core/spi";
import type { Engine } from "./process.ts";
import { DELAY_MS, type DeliveryScope } from "./world.ts";

interface Decided { readonly decisions: readonly Decision[]; readonly spent: number; readonly detail: string }

export function decisionsOf(engine: Engine, scope: DeliveryScope, items: readonly BatchItem[], failures: number): Decided[] {
  let ways: Decided[] = [{ decisions: [], spent: 0, detail: "" }];
  for (const [index, { message, plan }] of items.entries()) {
    ways = ways.flatMap((way) => {
      const behind = engine.queues && way.decisions.some((one, at) => one.kind === "failed" && items[at]?.message.key === message.key);
      if (plan.kind === "queue" || behind) return [and(way, { kind: "queued" }, 0, `${message.id} queues`)];
      if (plan.kind === "fail") return [and(way, { kind: "failed", failure: plan.failure }, 0, `${message.id} fails as known`)];
      const good = and(way, effectOf(scope, message), 0, `${message.id} takes effect`);
      if (way.spent >= failures) return [good];
      return [good, ...scope.failing.map((retry) => and(way, { kind: "failed", failure: failureOf(retry) }, 1, `${message.id} fails (${retry})`))];
    });
    if (index > 3) throw new Error("Batches of the toy handlers are small.");
  }
  return ways;
}

function and(way: Decided, decision: Decision, spent: number, words: string): Decided {
  return { decisions: [...way.decisions, decision], spent: way.spent + spent, detail: way.detail === "" ? words : `${way.detail}, ${words}` };
}

function failureOf(retry: Failure["retry"]): Failure {
  return { code: "TOY", message: "planned", retry, afterMs: retry === "later" ? DELAY_MS : null };
}

function effectOf(scope: DeliveryScope, { position: _, ...cause }: Message): Decision {
  const effect: Envelope = { ...cause, id: `effect of ${cause.id}`, partition: scope.partitions, causationId: cause.id };
  return {
    kind: "changes",
    changes: { documents: [], messages: [effect], calls: [], answers: [], timers: [], cancelledTimers: [], sql: [] },
  };
}
