// Holds handlers to what `decide` promises: the same message and the same documents, the same decision. It watches each real run for the
// clock, chance, timers and the network (forbidden.ts patches them), for a promise that never settles, and for a second run that ends
// differently; each is an error that names the handler and, where there is one, the line. It explores nothing.
import { AsyncLocalStorage } from "node:async_hooks";
import { EvenkeelError, type Envelope } from "@evenkeel/core";
import type { Decision, RunSettings, Watchdog } from "@evenkeel/core/engine";
import type { Definition } from "./definitions.ts";

/** What a handler that runs now did and should not have. */
interface Watch { readonly misdeeds: string[]; readonly stalls: string[] }

const watched = new AsyncLocalStorage<Watch>();
// Taken before anything is patched.
const soon = setImmediate;
const never = clearImmediate;

/** The first runs are all proven, then one in so many. */
const PROVEN_RUNS = 2_000;
const PROVEN_SHARE = 16;

/** Called by what is patched: refuses where a handler is running. @param from the function that the handler called. */
export function refuseInHandler(what: string, from: object): void {
  const watch = watched.getStore();
  if (watch === undefined) return;
  const at: { stack?: string } = {};
  Error.captureStackTrace(at, from as NewableFunction);
  const misdeed = `${what}${siteOf(at.stack ?? "")}`;
  watch.misdeeds.push(misdeed);
  throw new EvenkeelError("HANDLER_NONDETERMINISTIC", `A handler used ${misdeed}. ${ADVICE}`);
}

const ADVICE = "Take the time from the context (`now`), ids from the message, and make everything outside a call of a port.";

/** The first line of a stack that is a line of a file: " at file:line:column". */
function siteOf(stack: string): string {
  const line = stack.split("\n").find((one) => /:\d+:\d+\)?$/.test(one) && !one.includes("node:"));
  return line === undefined ? "" : ` ${line.trim()}`;
}

export class HandlerGuard {
  readonly #settings: Omit<RunSettings, "settled">;

  constructor(settings: Omit<RunSettings, "settled">) {
    this.#settings = settings;
  }

  /** Runs `decide` under watch. */
  async watch(
    { label }: Definition, { name, id }: Envelope, run: (watchdog: Watchdog, settings: RunSettings) => Decision | Promise<Decision>,
  ): Promise<Decision> {
    const watch: Watch = { misdeeds: [], stalls: [] };
    let pending: NodeJS.Immediate | null = null;
    let stalled = (): void => { watch.stalls.push(name); };
    const watchdog: Watchdog = {
      // All reads are at hand, so a handler settles before the next turn of the event loop, or waits for something else.
      watch: (recorder, stall) => {
        stalled = () => { watch.stalls.push(name); stall(); };
        pending = soon(stalled);
        return { recorder, stall, since: 0, quietSince: 0 };
      },
      unwatch: () => { if (pending !== null) never(pending); },
    };
    // A handler that runs a user's function step by step goes on in later turns; it stalls in one in which it asks for no further one.
    const settled = (): Promise<void> => new Promise((resolve) => {
      const wasWatched = pending;
      if (wasWatched !== null) never(wasWatched);
      soon(() => {
        if (wasWatched !== null) pending = soon(stalled);
        resolve();
      });
    });
    const decision = await watched.run(watch, () => run(watchdog, { ...this.#settings, settled }));
    const [misdeed] = watch.misdeeds;
    const handler = `The handler of '${name}' in service '${label}'`;
    if (misdeed !== undefined) throw new EvenkeelError("HANDLER_NONDETERMINISTIC", `${handler} used ${misdeed}. ${ADVICE}`, { details: { message: id } });
    if (watch.stalls.length > 0) {
      throw new EvenkeelError(
        "HANDLER_STALLED", `${handler} awaits something that is not one of its reads, and did not settle: make that a call of a port.`, { details: { message: id } },
      );
    }
    return decision;
  }

  /** Whether a run is to be repeated and compared. @param run its number. */
  wantsProof(run: number): boolean {
    return run <= PROVEN_RUNS || run % PROVEN_SHARE === 0;
  }

  compare({ label }: Definition, { name, id }: Envelope, first: string, second: string): void {
    if (first === second) return;
    let at = 0;
    while (first[at] === second[at]) at++;
    const around = (text: string): string => `…${text.slice(Math.max(0, at - 60), at + 60)}…`;
    throw new EvenkeelError(
      "HANDLER_NONDETERMINISTIC",
      `The handler of '${name}' in service '${label}' decided differently when it was run again on the same documents: ${around(first)}, then ${around(second)}. `
        + "It must not keep anything between runs.",
      { details: { message: id } },
    );
  }

  strayed({ label }: Definition, { name, id }: Envelope): EvenkeelError {
    return new EvenkeelError(
      "HANDLER_NONDETERMINISTIC",
      `The handler of '${name}' in service '${label}' read other documents than before, although everything it had read was the same. `
        + "It must not keep anything between runs.",
      { details: { message: id } },
    );
  }
}
