// The messages of a workflow: what starts, cancels and wakes its runs. All have the run's id as their key, so that whatever a run is told
// stands in one order.
import { define, type MessageDefinition } from "../message/definition.ts";
import { reviveName, type Revive } from "../message/revival-message.ts";
import { validate, type Schema } from "../message/schema.ts";
import type { RunFailure, RunParent, RunStatus } from "./journal.ts";

export interface Start<Input> { readonly id: string; readonly input: Input; readonly parent?: RunParent }
/** `parent`: it comes from the request that began the run, and reaches no run that anybody else began. */
export interface Cancel { readonly id: string; readonly reason: string; readonly parent?: RunParent }
export interface Retry { readonly id: string }
export interface Restart { readonly id: string; readonly from: string; readonly reason: string; readonly by: string }
export interface Callback { readonly token: string; readonly data: unknown }
/** `again`: the attempt that is due; absent: the time of a request is over. */
export interface Due { readonly id: string; readonly generation: number; readonly request: number; readonly again?: number }
export interface ChildEnded { readonly parent: RunParent; readonly status: RunStatus; readonly result?: unknown; readonly failure?: RunFailure }

/** A schema of our own messages: what it guards is made by this folder, save for the parts that users send. */
export function plain<T extends object>(check: (value: Readonly<Record<string, unknown>>) => string | null): Schema<T, T> {
  return {
    "~standard": {
      version: 1,
      vendor: "evenkeel",
      validate: (value) => {
        if (typeof value !== "object" || value === null || Array.isArray(value)) return { issues: [{ message: "Expected an object." }] };
        const wrong = check(value as Readonly<Record<string, unknown>>);
        return wrong === null ? { value: value as T } : { issues: [{ message: `Expected a string of at least one character.`, path: [wrong] }] };
      },
    },
  };
}

export const text = (...names: string[]) => (value: Readonly<Record<string, unknown>>): string | null =>
  names.find((name) => typeof value[name] !== "string" || value[name] === "") ?? null;

function startSchema<Input>(input: Schema<unknown, Input>): Schema<Start<Input>, Start<Input>> {
  const around = plain<Start<Input>>(text("id"));
  return {
    "~standard": {
      version: 1,
      vendor: "evenkeel",
      validate: (value) => {
        const outer = around["~standard"].validate(value);
        if (outer instanceof Promise || outer.issues !== undefined) return outer;
        const inner = input["~standard"].validate(outer.value.input);
        if (inner instanceof Promise) return { value: { ...outer.value, input: validate(input, outer.value.input, "the input") } };
        if (inner.issues !== undefined) return { issues: inner.issues.map((issue) => ({ ...issue, path: ["input", ...(issue.path ?? [])] })) };
        return { value: { ...outer.value, input: inner.value } };
      },
    },
  };
}

/** A token that nobody can read names no run, so nobody could be told of it but whoever publishes it. */
function callbackSchema(): Schema<Callback, Callback> {
  const around = plain<Callback>(({ token }) => typeof token === "string" && readToken(token) !== null ? null : "token");
  const message = "Expected a token as a workflow's `w.callback` gave it.";
  const validate = (value: unknown): ReturnType<(typeof around)["~standard"]["validate"]> => {
    const read = around["~standard"].validate(value);
    return read instanceof Promise || read.issues === undefined ? read : { issues: read.issues.map((issue) => ({ ...issue, message })) };
  };
  return { "~standard": { version: 1, vendor: "evenkeel", validate } };
}

/** Told to the parent of a run that has ended. */
export const ChildEnded = define("event", "workflow.child-ended", { key: (data: ChildEnded) => data.parent.run, data: plain<ChildEnded>(() => null) });

/** Told by a run that has ended, where its workflow says so. */
export interface Ended<Result> { readonly id: string; readonly status: RunStatus; readonly result?: Result; readonly failure?: RunFailure }

/** A callback's token: the run, the place of the request and its secret, in a form that a provider can carry. */
export function tokenOf(run: string, request: number, secret: string): string {
  return `${encodeURIComponent(run).replaceAll("~", "%7E")}~${String(request)}~${secret}`;
}

export function readToken(token: string): { readonly run: string; readonly request: number; readonly secret: string } | null {
  const match = /^([^~]+)~(\d+)~([^~]+)$/.exec(token);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) return null;
  try {
    return { run: decodeURIComponent(match[1]), request: Number(match[2]), secret: match[3] };
  } catch {
    return null;
  }
}

export interface WorkflowMessages<N extends string, Input, Result> {
  /** Told at the end of each run of a workflow that `announces` it. */
  readonly ended: MessageDefinition<`${N}.ended`, Ended<Result>>;
  /**
   * Starts a run. One that was started before stays as it is: with the same input this is a repeat; with another, or for another parent, it is told
   * among the run's strays.
   */
  readonly start: MessageDefinition<`${N}.start`, Start<Input>>;
  /**
   * Asks a run to end; refused, and told among its strays, from when its pivot is requested until it has failed. One that has not begun keeps it:
   * its function finds itself cancelled at the first thing that it waits for, and begins no step.
   */
  readonly cancel: MessageDefinition<`${N}.cancel`, Cancel>;
  /** Has a run in `attention` try again. */
  readonly retry: MessageDefinition<`${N}.retry`, Retry>;
  /**
   * Has a run that is over go on from a step, by its name: what was answered before that step is kept, and the step and all after it are asked
   * for anew, under the keys of a new generation. `by` and `reason` are written into the run. Refused, and told among its strays, while the run
   * is under way; where a step that would be kept was undone; where one that would be done again was done and stands, has begun a child, or
   * was undone and has a key that you named; and for a child run, whose parent was told of its end.
   */
  readonly restart: MessageDefinition<`${N}.restart`, Restart>;
  /** Answers a callback by its token. */
  readonly callback: MessageDefinition<`${N}.callback`, Callback>;
}

export function messagesOf<const N extends string, Input, Result>(
  name: N, input: Schema<unknown, Input>,
): WorkflowMessages<N, Input, Result> & { readonly due: MessageDefinition<`${N}.due`, Due>; readonly revive: MessageDefinition<string, Revive> } {
  return {
    start: define("command", `${name}.start`, { key: (data: Start<Input>) => data.id, data: startSchema(input) }),
    cancel: define("command", `${name}.cancel`, { key: (data: Cancel) => data.id, data: plain<Cancel>(text("id", "reason")) }),
    retry: define("command", `${name}.retry`, { key: (data: Retry) => data.id, data: plain<Retry>(text("id")) }),
    restart: define("command", `${name}.restart`, { key: (data: Restart) => data.id, data: plain<Restart>(text("id", "from", "reason", "by")) }),
    callback: define("command", `${name}.callback`, { key: (data: Callback) => readToken(data.token)?.run ?? data.token, data: callbackSchema() }),
    ended: define("event", `${name}.ended`, { key: (data: Ended<Result>) => data.id, data: plain<Ended<Result>>(text("id", "status")) }),
    revive: define("command", reviveName(name), { key: (data: Revive) => data.id, data: plain<Revive>(text("id")) }),
    due: define("command", `${name}.due`, { key: (data: Due) => data.id, data: plain<Due>(text("id")) }),
  };
}
