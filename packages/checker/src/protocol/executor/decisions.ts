// The toy handlers: each run takes effect, or fails in one of the ways that the scope allows. Every combination for a batch is told, as the
// loop that runs handlers would leave it: what stands behind a failure of its key in the batch queues.
import type { BatchItem } from "@evenkeel/core/engine";
import type { Decision, Envelope, Failure, Message } from "@evenkeel/core/spi";
import type { Engine } from "./process.ts";
import { DELAY_MS, type DeliveryScope } from "./world.ts";

/** One way in which a batch may be decided; `spent`: so many of its runs fail. */
interface Way { readonly decisions: readonly Decision[]; readonly spent: number; readonly detail: string }

/** How toy handlers behave. */
interface Toys<M extends Envelope> {
  /** Whether what stands behind a failure of its key in the batch queues. */
  readonly queues: boolean;
  readonly failing: readonly Failure["retry"][];
  name(message: M): string;
  /** What a run that does not fail may come to, behind these of its batch. */
  effects(message: M, before: readonly Decision[]): readonly Effect[];
}

export interface Effect { readonly decision: Decision; readonly words: string }

export function waysOf<M extends Envelope>({ queues, failing, name, effects }: Toys<M>, items: readonly BatchItem<M>[], failures: number): Way[] {
  let ways: Way[] = [{ decisions: [], spent: 0, detail: "" }];
  for (const [index, { message, plan }] of items.entries()) {
    ways = ways.flatMap((way) => {
      const behind = queues && way.decisions.some((one, at) => one.kind === "failed" && items[at]?.message.key === message.key);
      if (plan.kind === "queue" || behind) return [and(way, { kind: "queued" }, 0, `${name(message)} queues`)];
      if (plan.kind === "fail") return [and(way, { kind: "failed", failure: plan.failure }, 0, `${name(message)} fails as known`)];
      const good = effects(message, way.decisions).map(({ decision, words }) => and(way, decision, 0, words));
      if (way.spent >= failures) return good;
      return [...good, ...failing.map((retry) => and(way, { kind: "failed", failure: failureOf(retry) }, 1, `${name(message)} fails (${retry})`))];
    });
    if (index > 3) throw new Error("Batches of the toy handlers are small.");
  }
  return ways;
}

export function decisionsOf(engine: Engine, scope: DeliveryScope, items: readonly BatchItem[], failures: number): Way[] {
  const toys: Toys<Message> = {
    queues: engine.queues, failing: scope.failing, name: ({ id }) => id,
    effects: (message) => [{ decision: effectOf(scope, message), words: `${message.id} takes effect` }],
  };
  return waysOf(toys, items, failures);
}

function and(way: Way, decision: Decision, spent: number, words: string): Way {
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
