// A workflow on an engine with a defect: what its handlers say and what they write goes through the hands of a test, and what they are given
// as well. All else is as it ships.
import type { AnyService, RunDocument } from "@evenkeel/core";

type Run = RunDocument<unknown, unknown>;
type Handler = Extract<AnyService["routes"][number], { readonly kind: "message" }>["handler"];
type Access = { get(key: string): Promise<unknown>; put(key: string, document: Run): void; putText(key: string, text: string): void };
type CallRequest = { readonly key: string; readonly input: unknown };
type Operation = { readonly name: string };

/** What the handlers of a workflow are given, as far as a test meddles with it. */
interface Context {
  readonly message: { readonly name: string };
  readonly now: number;
  readonly runs: Access;
  call(operation: Operation, request: CallRequest): void;
  schedule(made: unknown, when: { readonly name: string }): void;
  unschedule(name: string): void;
}

export interface Defect {
  /** What the handlers are given of a run. */
  readonly given?: (run: Run, context: Context) => Run;
  /** What is stored of a run that they wrote. */
  readonly stored?: (run: Run, context: Context) => Run;
  /** Instead of what they call: undos, and steps that are tried again. */
  readonly call?: (operation: Operation, request: CallRequest, context: Context) => void;
  /** No timer is armed. */
  readonly schedulesNothing?: boolean;
  /** No timer is taken back. */
  readonly unschedulesNothing?: boolean;
  /** Instead of what becomes of a message; true: that was all. */
  readonly handles?: (name: string, data: unknown, context: Context) => Promise<boolean> | boolean;
}

export function withDefect<W extends AnyService>(workflow: W, defect: Defect): W {
  const wrapped = (name: string, handler: Handler): Handler => async (data: never, context: never) => {
    const meddled = meddling(defect, context);
    return await defect.handles?.(name, data, meddled) === true ? undefined : handler(data, meddled as never);
  };
  return {
    ...workflow,
    routes: workflow.routes.map((route) => (route.kind === "message"
      ? { ...route, handler: wrapped(route.definition.name, route.handler) }
      : { ...route, handlers: Object.fromEntries(Object.entries(route.handlers).map(([end, handler]) => [end, wrapped(route.operation.name, handler)])) })),
  };
}

function meddling({ given, stored, call, schedulesNothing = false, unschedulesNothing = false }: Defect, context: Context): Context {
  const own: Partial<Context> = {
    runs: {
      get: async (key) => {
        const run = await context.runs.get(key) as Run | undefined;
        return run === undefined || given === undefined ? run : given(run, context);
      },
      put: (key, run) => { context.runs.put(key, stored === undefined ? run : stored(run, context)); },
      putText: (key, text) => {
        if (stored === undefined) context.runs.putText(key, text);
        else context.runs.put(key, stored(JSON.parse(text) as Run, context));
      },
    },
    ...(call === undefined ? {} : { call: (operation, request) => { call(operation, request, context); } }),
    ...(schedulesNothing ? { schedule: () => undefined } : {}),
    ...(unschedulesNothing ? { unschedule: () => undefined } : {}),
  };
  const meddled = Object.create(context, Object.getOwnPropertyDescriptors(own)) as Context;
  return stored === undefined ? meddled : withVerbs(meddled, (body) => JSON.stringify(stored(JSON.parse(body) as Run, context)));
}

interface Verbs { putBody(entity: unknown, key: string, body: string): void }

/** What is written as text goes another way than by the entity: by the verbs that a context holds under a symbol. */
function withVerbs(context: Context, stored: (body: string) => string): Context {
  const symbol = Object.getOwnPropertySymbols(Object.getPrototypeOf(context)).find(({ description }) => description === "verbs");
  if (symbol === undefined) throw new TypeError("A handler's context no longer holds its verbs under a symbol of that name.");
  const verbs = Reflect.get(context, symbol) as Verbs;
  const value = new Proxy(verbs, {
    get: (target, name) => {
      if (name === "putBody") return (entity: unknown, key: string, body: string): void => { target.putBody(entity, key, stored(body)); };
      const found: unknown = Reflect.get(target, name, target);
      return typeof found === "function" ? found.bind(target) as unknown : found;
    },
  });
  return Object.defineProperty(context, symbol, { value });
}
