// A workflow of which one handler goes through the hands of a test: an engine with a defect in what it does of one message. All else is as it ships.
import type { AnyService } from "@evenkeel/core";

interface Keys {
  get(key: string): Promise<{ readonly waits: readonly unknown[]; readonly kept: readonly object[] } | undefined>;
  put(key: string, document: object): void;
}

/** What a handler is given, as far as a test meddles with it. */
export interface Meddled {
  readonly keys: Keys;
  readonly runs: { get(id: string): Promise<{ readonly journal: readonly { readonly kind: string; readonly of?: number }[] } | undefined> };
  readonly message: { readonly key: string };
}

type Handle = (context: Meddled, go: (context: Meddled) => Promise<void>, data: unknown) => Promise<void>;

export function meddled<W extends AnyService>(workflow: W, name: string, handle: Handle): W {
  return {
    ...workflow,
    routes: workflow.routes.map((route) => (route.kind !== "message" || route.definition.name !== name ? route : {
      ...route,
      handler: (data: never, context: never): Promise<void> => handle(context, async (given) => { await route.handler(data, given as never); }, data),
    })),
  };
}

/** The context with other hands on what it has. */
export function withOther(context: Meddled, own: Partial<Meddled>): Meddled {
  return Object.create(context, Object.getOwnPropertyDescriptors(own)) as Meddled;
}
