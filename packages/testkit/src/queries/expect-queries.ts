// expectQueries: holds handlers to a number of queries in a test. It counts what they ask for, so that a warm cache makes no test pass that a
// cold one would fail; and it tells beside that what the store was really asked.
import { observeReads, type HandlerReads } from "@evenkeel/core";

/** What one handler run may need at most. Parts that are left out are not held. */
export interface QueryLimits {
  /** Documents asked for side by side are one query; each declared statement is one. */
  readonly queries?: number;
  /** Documents asked for and declared statements run, each by itself. */
  readonly reads?: number;
}

/** Its message lists what was read. */
class QueryExpectationFailure extends Error {
  override readonly name = "QueryExpectationFailure";
}

/**
 * Runs `work`, and throws when a handler run that ended meanwhile needed more queries than allowed, with all that it read. Resolves to what
 * `work` resolves to.
 *
 * Counts per handler run: a **read** is a document asked for that the run had not read or written before, or a declared statement that it ran,
 * whether the process's cache had it or not. A **query** is what the reads cost without a cache: documents asked for side by side (no answer
 * awaited between them) are one, each declared statement one. A **statement** is what the store was asked for: less, since the cache answers
 * many reads, and handlers that run in one batch share theirs; those are told in the message and not held.
 *
 * Hears every application of this process, so let nothing else run beside it. Does not wait for handlers: await `app.handled` in `work`.
 *
 * @param max queries of one handler run; or limits for queries and reads.
 * @throws QueryExpectationFailure also when no handler ran to its end: a test of nothing must not pass.
 * @example
 * await expectQueries(2, async () => {
 *   const receipt = await app.publish(OrderPlaced({ orderId: "o-1", pence: 1250 }));
 *   await app.handled(receipt, { by: billing });
 * });
 */
export async function expectQueries<T>(max: number | QueryLimits, work: () => Promise<T>): Promise<T> {
  const limits: QueryLimits = typeof max === "number" ? { queries: max } : max;
  const runs: HandlerReads[] = [];
  const store = { statements: 0, documents: 0 };
  const stop = observeReads({
    run: (run) => { runs.push(run); },
    loaded: (documents) => {
      store.statements++;
      store.documents += documents.length;
    },
  });
  let result: T;
  try {
    result = await work();
  } finally {
    stop();
  }
  if (runs.length === 0) throw new QueryExpectationFailure("No handler ran to its end during the work, so nothing was counted: await app.handled(receipt, { by: service }) in it.");
  const faults = runs.flatMap((run) => faultOf(run, limits) ?? []);
  if (faults.length > 0) {
    const asked = `The store was asked ${times(store.statements)} for ${String(store.documents)} documents meanwhile; the cache, or a handler before in the same batch, had the rest.`;
    throw new QueryExpectationFailure([...faults, asked].join("\n"));
  }
  return result;
}

function faultOf(run: HandlerReads, limits: QueryLimits): string | null {
  const over = [
    ...(limits.queries !== undefined && run.queries > limits.queries ? [`${String(run.queries)} queries, at most ${String(limits.queries)} are expected`] : []),
    ...(limits.reads !== undefined && run.reads > limits.reads ? [`${String(run.reads)} reads, at most ${String(limits.reads)} are expected`] : []),
  ];
  if (over.length === 0) return null;
  const lines = [...run.shapes].sort((a, b) => b.queries - a.queries)
    .map(({ shape, reads, queries }) => `  ${String(reads)} × ${shape}${shape.startsWith("document ") ? `, in ${queries === 1 ? "one query" : `${String(queries)} queries`}` : ""}`);
  return `The handler of '${run.message}' in service '${run.service}' needed ${over.join(", and ")} (message ${run.messageId}):\n${lines.join("\n")}`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${String(count)} times`;
}
