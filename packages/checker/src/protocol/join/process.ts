// One process: feeds the two shipping machines of a group, and does with their requests what their drivers, the joint release and the ownership
// loop do: in the same order, each machine's inputs one after the other.
import { callRunner, executor, type CallRunnerRequest, type ExecutorRequest } from "@evenkeel/core/engine";
import type { Commit, CommitResult, Envelope, Fence, Grant, Handover, Message } from "@evenkeel/core/spi";
import type { CallInput } from "../calls/world.ts";
import type { Input } from "../executor/world.ts";
import { forfeited, givenBack, isLate, replaced } from "../owners.ts";
import { leasesOf, SHIPPING, type Rules } from "../rules.ts";
import { hasCounted } from "../unrecorded/document.ts";
import { effectsOf, logOf, NAMES, type Ends, type Flight, type JoinWorld, type Process, type Service } from "./world.ts";

/** What is explored: as it ships, or with one thing broken on purpose. */
export interface JoinEngine {
  readonly rules: Rules;
  readonly executor: typeof executor;
  readonly runner: typeof callRunner;
  /** What the executor's driver makes of the store's answer to a commit. */
  readonly heard: (result: CommitResult) => CommitResult;
  /** What the runner's driver makes of the word on its offer. */
  readonly toldOf: (result: CommitResult | null) => CommitResult | null;
  /** Whether the runner's driver tells of the outcomes that it appended. */
  readonly tellsOutcomes: boolean;
  /** Whether ends that were given back are offered again, as if they were of the present ownership. */
  readonly offersAgain: boolean;
  /** Whether the runner's driver tells the machine that its heartbeats are not confirmed. */
  readonly tellsLate: boolean;
  /** Whether a handler that is to revive its key leaves alone what the present owner began. */
  readonly comparesEpochs: boolean;
  /** Whether keys are noted in the commit that requests their calls, by one behind it, or never. */
  readonly notes: "at once" | "behind" | "never";
}

export const JOIN_ENGINE: JoinEngine = {
  rules: SHIPPING, executor, runner: callRunner, heard: (result) => result, toldOf: (result) => result, tellsOutcomes: true, offersAgain: false,
  tellsLate: true, comparesEpochs: true, notes: "at once",
};

/** A commit of an engine that notes no keys in it. */
export function unnoted(commit: Commit): Commit {
  return { ...commit, revivals: (commit.revivals ?? []).filter(({ on }) => !on) };
}

function noteOf(commit: Commit): readonly { readonly kind: "commit"; readonly commit: Commit }[] {
  const revivals = (commit.revivals ?? []).filter(({ on }) => on);
  const nothing = { ...commit, progress: [], documents: [], messages: [], calls: [], callUpdates: [], park: [], unpark: [], retries: [] };
  return revivals.length === 0 ? [] : [{ kind: "commit", commit: { ...nothing, revivals } }];
}

/** Nobody has missed its heartbeats: so long as that is so, nobody takes anything from it. */
export function isConfirmed({ store }: JoinWorld, id: string): boolean {
  return store.workers.has(id) && !isLate(store, id);
}

/** The world after a process was told something. */
export function turned(engine: JoinEngine, world: JoinWorld, index: number, act: (turn: Turn) => void): JoinWorld {
  const process = world.owners[index];
  if (process?.machine == null) return world;
  const turn = new Turn(engine, world, process, process.machine);
  act(turn);
  return turn.ended(index);
}

export function told(engine: JoinEngine, world: JoinWorld, index: number, input: Input): JoinWorld {
  return turned(engine, world, index, (turn) => { turn.executor(input); });
}

class Turn {
  readonly #engine: JoinEngine;
  readonly #world: JoinWorld;
  readonly #id: string;
  readonly #inputs: { readonly executor: Input[]; readonly runner: CallInput[] } = { executor: [], runner: [] };
  readonly #turning = { executor: false, runner: false };
  #service: Service;
  #held: ReadonlyMap<number, number>;
  #flights: readonly Process["flights"][number][];
  #poached: boolean;
  #overtaken: boolean;
  #twice: boolean;
  #needless: boolean;
  #lingering: boolean;
  #strays: JoinWorld["strays"];

  constructor(engine: JoinEngine, world: JoinWorld, { id, held, flights }: Process, service: Service) {
    this.#engine = engine;
    this.#world = world;
    this.#id = id;
    this.#service = service;
    this.#held = held;
    this.#flights = flights;
    this.#poached = world.poached;
    this.#overtaken = world.overtaken;
    this.#twice = world.twice;
    this.#needless = world.needless;
    this.#lingering = world.lingering;
    this.#strays = world.strays;
  }

  ended(index: number): JoinWorld {
    const { deciding, marking } = this.#service.executor;
    // The machine does not listen to these any more: their answers change nothing.
    const flights = this.#flights.filter((flight) =>
      (flight.kind !== "decide" || deciding?.id === flight.request.batch) && (flight.kind !== "mark" || marking?.id === flight.request.batch));
    const world = {
      ...this.#world, poached: this.#poached, overtaken: this.#overtaken, twice: this.#twice, needless: this.#needless, lingering: this.#lingering,
      strays: this.#strays,
    };
    return replaced(world, index, { id: this.#id, machine: this.#service, held: this.#held, flights, wakeAt: null });
  }

  // --- what a process is told -------------------------------------------------------------------------------------------------------

  granted(grants: readonly Grant[]): void {
    this.#service = { ...this.#service, known: [] };
    this.executor({ kind: "granted", grants });
    this.runner({ kind: "granted", fences: grants.map(({ partition, epoch }) => ({ partition, epoch })) });
  }

  lost(partitions: readonly number[]): void {
    if (partitions.length === 0) return;
    this.executor({ kind: "lost", partitions });
    this.runner({ kind: "lost", partitions });
  }

  leave(partitions: readonly number[]): void {
    this.executor({ kind: "leave", partitions });
    this.runner({ kind: "leave", partitions });
  }

  /** The store, or nobody, has answered a commit of the executor's. */
  committed({ batch, commit, answers, unrecorded }: Extract<ExecutorRequest, { kind: "commit" }>, answer: CommitResult): void {
    const result = this.#engine.heard(answer);
    if (result.kind === "committed") {
      for (const { callId, answer: given } of answers) this.runner({ kind: "answered", callId, answer: given });
      if (this.#engine.notes === "behind") this.#strays = [...this.#strays, ...noteOf(commit)];
      if (unrecorded.length > 0) this.runner({ kind: "requested", calls: unrecorded, fences: commit.fences });
      this.#appended([...commit.messages, ...commit.callUpdates.flatMap((update) => update.outcome ?? [])], result.handovers);
      if (commit.calls.length > 0) this.runner({ kind: "wake" });
    }
    this.executor({ kind: "committed", batch, result });
  }

  /** The same of a commit of the runner's. */
  endsCommitted({ commit, ends }: Ends, result: CommitResult): void {
    if (result.kind === "committed" && this.#engine.tellsOutcomes) this.#appended(ends.updates.flatMap((update) => update.outcome ?? []), result.handovers);
    this.runner({ kind: "committed", commit, result });
  }

  /** The runner's driver goes on with what it was told of its offer. */
  joinEnded(given: CommitResult | null): void {
    const { offer, executor: machine } = this.#service;
    if (offer === null) return;
    const result = this.#engine.toldOf(given);
    const { ends } = offer;
    const fences = ends.fences.map(({ partition }) => ({ partition, epoch: machine.owned.get(partition)?.epoch ?? 0 }));
    const isOlder = ends.fences.some(({ epoch }, at) => epoch < (fences[at]?.epoch ?? 0));
    if (result === null && this.#engine.offersAgain && isOlder) return this.#offer({ ...offer, ends: { ...ends, fences } });
    this.#service = { ...this.#service, offer: null };
    if (result === null) this.#send({ kind: "ends", request: offer, answer: null });
    else this.runner({ kind: "committed", commit: offer.commit, result });
  }

  #appended(messages: readonly Envelope[], handovers: readonly Handover[]): void {
    // What is appended elsewhere is nobody's here.
    const { length } = logOf(this.#world.store);
    const here = handovers.filter(({ partition }) => partition < length);
    if (here.length > 0) {
      this.executor({
        kind: "handed",
        handovers: here.map(({ partition, after, messages: placed }) =>
          ({ partition, after, to: placed.at(-1)?.position ?? after, messages: placed.filter(({ name }) => NAMES.has(name)) })),
      });
      return;
    }
    const partitions = [...new Set(messages.flatMap(({ partition, name }) => (partition < length && NAMES.has(name) ? [partition] : [])))].sort();
    if (partitions.length > 0) this.executor({ kind: "wake", partitions });
  }

  // --- machines ---------------------------------------------------------------------------------------------------------------------

  executor(input: Input): void {
    const inputs = this.#inputs.executor;
    inputs.push(input);
    if (this.#turning.executor) return;
    this.#turning.executor = true;
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      this.#know(next);
      const { state, requests } = this.#engine.executor(this.#service.executor, { ...next, nowMs: this.#world.nowMs });
      this.#service = { ...this.#service, executor: state, executorAt: null };
      for (const request of requests) this.#ofExecutor(request);
    }
    this.#turning.executor = false;
  }

  runner(input: CallInput): void {
    const { nowMs } = this.#world;
    const beginUntilMs = this.#engine.tellsLate && !isConfirmed(this.#world, this.#id) ? nowMs : Infinity;
    const inputs = this.#inputs.runner;
    inputs.push(input);
    if (this.#turning.runner) return;
    this.#turning.runner = true;
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      const { state, requests } = this.#engine.runner(this.#service.runner, { ...next, nowMs, dateMs: nowMs, beginUntilMs });
      this.#service = { ...this.#service, runner: state };
      for (const request of requests) this.#ofRunner(request);
    }
    this.#turning.runner = false;
  }

  #know(input: Input): void {
    const told = this.#toldOf(input);
    if (told.length === 0) return;
    const { known } = this.#service;
    const fresh = told.filter(({ id }) => !known.some((one) => one.id === id)).map(({ id, key }) => ({ id, key }));
    this.#service = { ...this.#service, known: [...known, ...fresh] };
  }

  #toldOf(input: Input): readonly Message[] {
    switch (input.kind) {
      case "handed": return input.handovers.flatMap(({ messages }) => messages);
      case "read": return input.result.messages;
      // It does not know what stands there, but that something does.
      case "wake": return logOf(this.#world.store).filter((_, partition) => input.partitions?.includes(partition) ?? true).flat();
      default: return [];
    }
  }

  #send(flight: Flight): void {
    this.#flights = [...this.#flights, flight];
  }

  #ofExecutor(request: ExecutorRequest): void {
    switch (request.kind) {
      case "read": return this.#send({ kind: "read", request, answer: null });
      case "readParked": return this.#send({ kind: "readParked", request });
      case "mark": return this.#send({ kind: "mark", request });
      case "decide": {
        const done = new Set(effectsOf(this.#world.store).map(({ of }) => of));
        return this.#send({ kind: "decide", request, knew: this.#service.known.filter(({ id }) => !done.has(id)) });
      }
      case "commit": return this.#send({ kind: "commit", request, answer: null });
      case "joinEnded":
        // The word reaches the runner's driver behind whatever else this turn does.
        if (this.#service.offer?.commit === request.join) this.#send({ kind: "joinEnded", result: request.result });
        return;
      case "forfeit": return this.#forfeit(request.partitions);
      case "release": return this.#release("executor", request.fences);
      case "wait": this.#service = { ...this.#service, executorAt: request.untilMs }; return;
      case "applyControls": case "parked": case "losing": case "drained": return;
    }
  }

  #ofRunner(request: CallRunnerRequest): void {
    switch (request.kind) {
      case "scan": return this.#send({ kind: "scan", request, answer: null });
      case "perform":
      case "ask": return this.#begin(request);
      case "abort":
        this.#flights = this.#flights.filter((flight) => (flight.kind !== "perform" && flight.kind !== "ask") || flight.request.ticket !== request.ticket);
        return;
      case "commit": return request.ends.direct.size === 0 ? this.#send({ kind: "ends", request, answer: null }) : this.#offer(request);
      case "forfeit": return this.#forfeit(request.partitions);
      case "release": return this.#release("runner", request.fences);
      case "wait": this.#service = { ...this.#service, runnerAt: request.untilMs }; return;
      case "readRevivals":
        if (this.#world.unrecorded === null) return this.runner({ kind: "revivals", revivals: [], more: false });
        return this.#send({ kind: "revivals", request, answer: null });
      case "revivalRefused":
        this.runner({ kind: "reviveAgain", fence: request.fence, revival: request.revival, refusals: request.refusals });
        return;
      case "readControls": case "attention": case "breaker": case "share": case "breakerStore": case "drained": return;
    }
  }

  #begin(request: Extract<CallRunnerRequest, { kind: "perform" | "ask" }>): void {
    const { routingKey, sequence, callKey, partition } = request.call;
    const lease = leasesOf(this.#world.store)[partition];
    if (lease?.worker !== this.#id) this.#poached = true;
    else if (this.#service.runner.settings.inOrder) {
      this.#overtaken ||= [...this.#world.store.calls.values()].some((row) => row.routingKey === routingKey && row.sequence < sequence);
    }
    this.#twice ||= this.#flights.some((one) => (one.kind === "perform" || one.kind === "ask") && one.request.call.callKey === callKey);
    this.#needless ||= lease?.worker === this.#id && hasCounted(this.#world.store, callKey);
    this.#lingering ||= this.#service.runner.owned.get(partition)?.leaving === true;
    this.#send(request.kind === "ask" ? { kind: "ask", request } : { kind: "perform", request, applied: false });
  }

  #offer(request: Ends): void {
    this.#service = { ...this.#service, offer: request };
    this.executor({ kind: "join", join: { id: request.commit, ...request.ends } });
  }

  // --- ownership --------------------------------------------------------------------------------------------------------------------

  #forfeit(partitions: readonly number[]): void {
    const { ours, held } = forfeited(this.#held, partitions);
    this.#held = held;
    this.lost(ours);
  }

  /** A partition is given back when both have let go of it. */
  #release(by: "executor" | "runner", fences: readonly Fence[]): void {
    const releasing = new Map(this.#service.releasing);
    const both = fences.filter(({ partition, epoch }) => {
      const open = releasing.get(partition);
      if (open !== undefined && open.epoch > epoch) return false;
      if (open?.epoch === epoch && open.by !== by) return releasing.delete(partition);
      releasing.set(partition, { epoch, by });
      return false;
    });
    this.#service = { ...this.#service, releasing };
    const { ours, held } = givenBack(this.#held, both);
    this.#held = held;
    if (ours.length > 0) this.#flights = [...this.#flights, { kind: "release", fences: ours }];
  }
}
