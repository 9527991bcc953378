// The calls of one service in a replay: the shipping call runner, whose attempts are begun as ever and end when the script says so, through the
// code behind the port. Pacing is left out (breaker, backoff, concurrency): which attempt ends next is the script's to say.
import type { AnyService, ProvidedPort } from "@evenkeel/core";
import {
  callPolicy, callRunner, newCallRunner, provideWorld, type CallRunnerInput, type CallRunnerRequest, type CallRunnerState,
} from "@evenkeel/core/engine";
import type { Fence, Store, World } from "@evenkeel/core/spi";
import type { StillHost } from "./still-host.ts";

interface DeskParts {
  readonly group: string;
  readonly services: readonly AnyService[];
  readonly ports: readonly ProvidedPort[];
  readonly store: Store;
  readonly host: StillHost;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Input = DistributiveOmit<CallRunnerInput, "nowMs" | "dateMs">;

/** An attempt that was begun and has not ended. */
export type Attempt = Extract<CallRunnerRequest, { kind: "perform" | "ask" }>;

/** Versions of a service differ in what they handle, and not in what they are. */
function callsInOrder(services: readonly AnyService[]): boolean {
  return services.every((service) => service.callsInOrder ?? true);
}

const WORKER = "replay";
const MANY = 100_000;

export class CallDesk {
  /** Whether calls of one routing key go one after the other. */
  readonly inOrder: boolean;
  readonly #parts: DeskParts;
  readonly #world: World;
  readonly #attempts = new Map<string, Attempt>();
  #runner: CallRunnerState;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.inOrder = callsInOrder(parts.services);
    this.#world = provideWorld(parts.ports, parts.host);
    const operations = parts.services.flatMap((service) => Object.values(service.ports)).flatMap((port) => Object.values(port));
    this.#runner = newCallRunner({
      group: parts.group, worker: WORKER, maxCalls: MANY, maxLeft: MANY, maxCommit: 1, scanLimit: 1_000,
      inOrder: this.inOrder,
      operations: new Map(operations.map(({ name, spec }) => {
        const { bulkhead: _bulkhead, ...policy } = callPolicy({ ...spec, breaker: false, budget: false });
        return [name, { ...policy, bulkhead: null, concurrency: MANY, backoffMs: 0, maxBackoffMs: 0 }];
      })),
    });
  }

  get attempts(): readonly Attempt[] {
    return [...this.#attempts.values()];
  }

  /** Partitions were taken, or taken over: their attempts are nobody's any more. */
  async granted(fences: readonly Fence[]): Promise<void> {
    await this.#feed({ kind: "lost", partitions: fences.map((one) => one.partition) });
    await this.#feed({ kind: "granted", fences });
  }

  /** A commit may have requested calls, and has answered these. */
  async committed(answers: readonly { readonly callId: string; readonly answer: "reconcile" | "abandon" }[]): Promise<void> {
    for (const { callId, answer } of answers) await this.#feed({ kind: "answered", callId, answer });
    await this.#feed({ kind: "wake" });
  }

  /** Lets an attempt end as the provider has it. */
  async end({ call, ticket, kind }: Attempt): Promise<void> {
    this.#attempts.delete(call.id);
    const callId = call.id;
    if (kind === "perform") await this.#feed({ kind: "performed", callId, ticket, result: await this.#reach((signal) => this.#world.perform(call, signal)) });
    else await this.#feed({ kind: "asked", callId, ticket, result: await this.#reach((signal) => this.#world.ask(call, signal)) });
  }

  /** The provider is reached, and whoever asked it dies before the answer. */
  async endUnheard({ call, kind }: Attempt): Promise<void> {
    this.#attempts.delete(call.id);
    await this.#reach<unknown>((signal) => (kind === "perform" ? this.#world.perform(call, signal) : this.#world.ask(call, signal)));
  }

  /** A question ends at the call's deadline without an answer. */
  async giveUp({ call, ticket }: Attempt): Promise<void> {
    this.#attempts.delete(call.id);
    this.#parts.host.pass(call.deadlineMs + 1);
    const failure = { code: "CALL_TIMEOUT", message: "The provider did not say what became of the call." };
    await this.#feed({ kind: "asked", callId: call.id, ticket, result: { kind: "unknown", failure } });
  }

  async #reach<Result>(begin: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const ending = begin(new AbortController().signal);
    // The port's code runs up to where it waits for its provider; one that waits for ever has waited long enough.
    await new Promise((resolve) => { setImmediate(resolve); });
    this.#parts.host.runOut();
    return await ending;
  }

  async #feed(first: Input): Promise<void> {
    const { host } = this.#parts;
    const inputs: Input[] = [first];
    for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
      const { state, requests } = callRunner(this.#runner, { ...input, nowMs: host.elapsed(), dateMs: host.now() });
      this.#runner = state;
      for (const request of requests) {
        const answer = await this.#serve(request);
        if (answer !== null) inputs.push(answer);
      }
    }
  }

  async #serve(request: CallRunnerRequest): Promise<Input | null> {
    const { store, group } = this.#parts;
    switch (request.kind) {
      case "scan": {
        const { partitions, after, limit, epochs: fences } = request;
        return { kind: "scanned", ...await store.readCalls({ group, partitions, after, limit, owner: { worker: WORKER, fences } }) };
      }
      case "perform":
      case "ask":
        this.#attempts.set(request.call.id, request);
        return null;
      case "abort":
        this.#attempts.delete(request.callId);
        return null;
      case "commit": {
        const result = await store.commit(request.changes);
        if (result.kind === "fenced" || result.kind === "inDoubt") throw new Error(`A commit of calls of '${group}' ended as '${result.kind}'.`);
        return { kind: "committed", commit: request.commit, result };
      }
      default: return null;
    }
  }
}
