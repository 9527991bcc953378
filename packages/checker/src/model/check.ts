// `check()`: explores a model. Which options bound it is the explorer's.
import { explore } from "../explore/explore.ts";
import type { ExploreOptions } from "../explore/options.ts";
import type { Report } from "../report.ts";
import type { Model } from "./model.ts";

/**
 * Explores every state of a model, breadth first, and reports.
 *
 * The verdict is `pass` only when every state within the model's own constraint was seen and expanded, everything that was asked holds, and
 * every invariant and witness said something. A bound that was met makes it `bounded`. The trace is a shortest one, and always the same.
 *
 * @returns the report; it does not reject for what the model does: code that throws is the verdict `error`, with the way there.
 * @throws EvenkeelError `CONFIG_INVALID` for an option out of range, `CHECKPOINT_MISMATCH` for a checkpoint of something else.
 * @example const { verdict, distinct, trace } = await check(clock, { maxStates: 100_000 });
 */
export async function check<State>(model: Model<State>, options: ExploreOptions = {}): Promise<Report> {
  return await explore(model.subject, options);
}
