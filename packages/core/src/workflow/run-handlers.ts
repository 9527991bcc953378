// The handlers of a workflow, written once for all: each finds one run, has it told what came, and lets it go on. What comes for a run that has not
// begun, or has ended, is kept or told there. They decide nothing that a run decides.
import type { AnyEntity } from "../decide/entity.ts";
import { Turn } from "../decide/turn.ts";
import { platformVerbs, type PlatformVerbs } from "../decide/context.ts";
import type { CallFailure } from "../message/call.ts";
import type { Revive } from "../message/revival-message.ts";
import type { Signal } from "./awaited-key-messages.ts";
import type { Definition } from "./definition.ts";
import { begunRun, whyNotThisRun, withEarlyCancel, withEarlyMessage, withEarlyStray } from "./early.ts";
import type { Handling } from "./handling.ts";
import { isEnded, isSameParent, type AnyRun, type Buffered, type RunFailure } from "./journal.ts";
import { liveRunsOf } from "./live-runs.ts";
import { ChildEnded, readToken, type Callback, type Cancel, type Due, type Restart, type Start } from "./messages.ts";
import { restarted } from "./restart.ts";
import type { CallEnd } from "./run-calls.ts";
import { Run } from "./run.ts";
import { withLateSignal, withStray } from "./strays.ts";
import { Surroundings } from "./surroundings.ts";

/** What a handler of an outcome is given. */
export interface OutcomeOf { readonly call: { readonly key: string }; readonly value?: unknown; readonly failure?: CallFailure }

export function handlersOf(definition: Definition, entity: AnyEntity, version: number) {
  /** Writes the run down; one that something comes for soon stays in memory meanwhile. */
  const goOn = (run: Run, id: string, context: Handling, platform: PlatformVerbs): void | Promise<void> => {
    const stands = run.goOn();
    if (stands instanceof Promise) return stands.then((next) => { keep(next, id, context, platform); });
    keep(stands, id, context, platform);
  };
  const keep = (stands: Run, id: string, context: Handling, platform: PlatformVerbs): void => {
    const body = stands.isLive && platform.memory !== null ? platform.writtenBody(entity, id) : null;
    if (body !== null && platform.memory !== null) liveRunsOf(platform.memory).keep(context.message.tenant, id, body, stands);
  };
  /** A run that stands in memory, where its document is at hand. */
  const liveAt = (context: Handling, id: string, platform: PlatformVerbs, body: string | null): Run | null => {
    const live = platform.memory === null || body === null ? null : liveRunsOf(platform.memory).take(context.message.tenant, id, body);
    live?.wake(context, platform);
    return live;
  };
  const outcome = (context: Handling, operation: string, key: string, end: CallEnd): Turn | Promise<void> => {
    const { key: id } = context.message;
    const platform = platformVerbs(context);
    const read = platform.memory === null ? null : platform.readBody(entity, id);
    const live = read instanceof Promise ? null : liveAt(context, id, platform, read);
    const tell = (run: Run): Promise<void> => run.outcome(operation, key, end);
    if (live === null) return wake(context, id, tell, read);
    return live.begin(operation, key, end) ? new Turn(() => goOn(live, id, context, platform)) : told(live, id, context, platform, tell);
  };
  const told = async (run: Run, id: string, context: Handling, platform: PlatformVerbs, tell: (run: Run) => Promise<void> | void): Promise<void> => {
    await tell(run);
    await goOn(run, id, context, platform);
  };
  /** @param begun the read of the run's document, where it was begun. @param ended what becomes of a run that has ended. */
  const wake = async (
    context: Handling, id: string, tell: (run: Run) => Promise<void> | void, begun: string | null | Promise<string | null> = null,
    ended: (document: AnyRun) => AnyRun = (document) => ({ ...document, strays: withStray(document.strays, context, "the run has ended") }),
  ): Promise<void> => {
    const platform = platformVerbs(context);
    const read = platform.memory === null ? null : begun ?? platform.readBody(entity, id);
    const live = liveAt(context, id, platform, read instanceof Promise ? await read : read);
    if (live !== null) return told(live, id, context, platform, tell);
    const document = await context.runs.get(id) as AnyRun | undefined;
    // What comes for a run that has not begun, or has ended, is told there, and changes nothing. A timer that crosses its run's end is nobody's.
    const isTimer = context.message.name === definition.due.name;
    if (!hasBegun(document)) {
      if (!isTimer) context.runs.put(id, withEarlyStray(document, context));
      return;
    }
    if (isEnded(document.status)) {
      if (!isTimer) context.runs.put(id, ended(document));
      return;
    }
    const run = await Run.replayed(definition, new Surroundings(context, platform), id, document);
    return told(run, id, context, platform, tell);
  };
  /** Where something of that id is there, or may be. */
  const startBeside = async (start: Start<unknown>, context: Handling, platform: PlatformVerbs, there: string | Promise<string | null>): Promise<void> => {
    const { id, parent } = start;
    const before = await there === null ? undefined : await context.runs.get(id) as AnyRun | undefined;
    if (before !== undefined && before.status !== "awaited") {
      // Whoever waits for a run of its own would wait for ever.
      if (parent !== undefined && !isSameParent(parent, before.parent)) context.emit(ChildEnded({ parent, status: "cancelled", failure: taken(id) }));
      const why = whyNotThisRun(before, start);
      if (why !== null) context.runs.put(id, { ...before, strays: withStray(before.strays, context, why) });
      return;
    }
    const run = await Run.replayed(definition, new Surroundings(context, platform), id, begunRun(version, before, start, context.now));
    return goOn(run, id, context, platform);
  };
  return {
    start: (start: Start<unknown>, context: Handling): Turn | Promise<void> => {
      const { id } = start;
      const platform = platformVerbs(context);
      // Most that is started was not there: then there is nothing to wait for.
      const there = platform.readBody(entity, id);
      if (there !== null) return startBeside(start, context, platform, there);
      const run = Run.begun(definition, new Surroundings(context, platform), id, begunRun(version, undefined, start, context.now));
      return new Turn(() => goOn(run, id, context, platform));
    },
    cancel: async (cancel: Cancel, context: Handling): Promise<void> => {
      const document = await context.runs.get(cancel.id) as AnyRun | undefined;
      if (hasBegun(document)) await wake(context, cancel.id, (run) => run.cancel(cancel));
      else context.runs.put(cancel.id, withEarlyCancel(document, cancel, context));
    },
    restart: async (restart: Restart, context: Handling): Promise<void> => {
      const document = await context.runs.get(restart.id) as AnyRun | undefined;
      if (!hasBegun(document)) {
        context.runs.put(restart.id, withEarlyStray(document, context));
        return;
      }
      const next = restarted(definition.name, document, restart, { id: context.message.id, now: context.now });
      if ("refused" in next) {
        context.runs.put(restart.id, { ...document, strays: withStray(document.strays, context, next.refused) });
        return;
      }
      const platform = platformVerbs(context);
      const run = await Run.replayed(definition, new Surroundings(context, platform), restart.id, next.run);
      return goOn(run, restart.id, context, platform);
    },
    retry: ({ id }: { readonly id: string }, context: Handling) => wake(context, id, (run) => { run.retry(); }),
    revive: async (revive: Revive, context: Handling): Promise<void> => {
      const document = await context.runs.get(revive.id) as AnyRun | undefined;
      // Its end and its revival cross: there is nothing to revive any more.
      if (document === undefined || isEnded(document.status)) platformVerbs(context).revive(false);
      else await wake(context, revive.id, (run) => { run.revive(revive); });
    },
    due: (due: Due, context: Handling) => wake(context, due.id, (run) => run.due(due)),
    callback: async ({ token, data }: Callback, context: Handling): Promise<void> => {
      const read = readToken(token);
      if (read !== null) await wake(context, read.run, (run) => run.callback(read.request, read.secret, data));
    },
    childEnded: async (ended: ChildEnded, context: Handling): Promise<void> => {
      if (ended.parent.workflow === definition.name) await wake(context, ended.parent.run, (run) => run.childEnded(ended));
    },
    message: (name: string) => async (data: unknown, context: Handling): Promise<void> => {
      const { id, key } = context.message;
      const message: Buffered = { id, name, data };
      const document = await context.runs.get(key) as AnyRun | undefined;
      if (hasBegun(document)) await wake(context, key, (run) => { run.message(message); });
      else context.runs.put(key, withEarlyMessage(definition, key, document, message));
    },
    signal: (signal: Signal, context: Handling) =>
      wake(context, signal.to.run, (run) => { run.signal(signal); }, null, (document) => withLateSignal(document, signal.message, context)),
    ok: (operation: string) => ({ call, value }: OutcomeOf, context: Handling) => outcome(context, operation, call.key, { kind: "ok", value }),
    failed: (operation: string, name: string) => ({ call, value, failure }: OutcomeOf, context: Handling) => outcome(context, operation, call.key, {
      kind: "failed", step: { outcome: name, ...(value === undefined ? {} : { value }), ...(failure === undefined ? {} : { failure }) },
    }),
  };
}

function hasBegun(run: AnyRun | undefined): run is AnyRun {
  return run !== undefined && run.status !== "awaited";
}

function taken(id: string): RunFailure {
  return { code: "CHILD_FAILED", message: `run '${id}' was there before, begun by somebody else: give each child an id of its own` };
}
