// A batch: the messages of one commit, run in order over one overlay. Reads that miss are gathered: the first miss begins the rest of the
// batch ahead of its turn (see ahead-run.ts), so that one query brings everything.
import type { Decision, Failure } from "../message/changes.ts";
import type { Envelope, Message } from "../message/envelope.ts";
import { AheadRun, type BatchView } from "./ahead-run.ts";
import { begin, OpenTurn, type Decider } from "./decide.ts";
import { DocumentLoader, type LoaderPorts } from "./document-loader.ts";
import type { DocumentState } from "./documents.ts";
import { GuessChain } from "./guess-chain.ts";
import { lay } from "./overlay.ts";
import { PendingRead } from "./pending-read.ts";
import type { DocumentReader } from "./recorder.ts";
import type { Routes } from "./routes.ts";

export interface BatchItem<M extends Envelope = Message> {
  readonly message: M;
  /** What the message's own effects name as their cause, where the message stands in no log. Default: the message. */
  readonly cause?: string;
  /** `run` it, let it `queue` behind its parked key, or take its failure as given. */
  readonly plan: { readonly kind: "run" } | { readonly kind: "queue" } | { readonly kind: "fail"; readonly failure: Failure };
}

interface BatchResult {
  readonly decisions: readonly Decision[];
  /** Whether a document was written without being read: then nothing may be decided on top of this batch before its commit. */
  readonly blind: boolean;
  /** Handler runs, those not counted that were begun ahead in vain. */
  readonly runs: number;
}

/** The most steps of reads that runs of a message's name have taken in this process: what is not known costs a guess, or a query. */
const stepsSeen = new WeakMap<Routes, Map<string, number>>();

/** A batch once decided: what it wrote, and whether a document was presumed to be absent. */
interface Decided extends BatchResult { readonly overlay: ReadonlyMap<string, DocumentState>; readonly presumed: boolean }

/** Decides a batch. Rejects only when documents cannot be loaded. */
export async function decideBatch(decider: Decider, items: readonly BatchItem<Envelope>[], ports: LoaderPorts): Promise<BatchResult> {
  const { cache } = ports;
  cache.beginBatch();
  let decided = await decideOnce(decider, items, ports);
  // What fails commits no versions of what it has read: that a document was absent must be known then.
  if (decided.presumed && decided.decisions.some(({ kind }) => kind === "failed")) {
    const { newness: _presumes, ...settings } = decider.settings;
    decided = await decideOnce({ ...decider, settings }, items, ports);
  }
  const { overlay, decisions, blind, runs } = decided;
  for (const [id, state] of overlay) {
    if (state.version === null) cache.delete(id);
    else cache.set(id, state);
  }
  return { decisions, blind, runs };
}

async function decideOnce(decider: Decider, items: readonly BatchItem<Envelope>[], ports: LoaderPorts): Promise<Decided> {
  const steps = stepsOf(decider.routes);
  const overlay = new Map<string, DocumentState>();
  const loader = new DocumentLoader(ports);
  const held = (id: string, presumedNew: boolean): DocumentState | undefined =>
    overlay.get(id) ?? loader.held(id) ?? (presumedNew ? loader.presumeNew(id) : undefined);
  const view: BatchView = { held, load: (ref, id, read) => { loader.load(ref, id, read); } };
  const failedKeys = new Set<string>();
  let ahead: Map<number, AheadRun> | null = null;
  /** Of keys of which several messages wait. */
  const chains = new Map<string, GuessChain>();
  let index = 0;
  /** How many answers the message whose turn it is has waited for, one after the other, before what it reads now. */
  let depth = 0;

  const own: DocumentReader = {
    read: (ref, id, presumedNew) => {
      const state = held(id, presumedNew);
      if (state !== undefined) return state;
      if (ahead === null) ahead = beginAhead(index + 1);
      else if (!loader.gathering) guess(ahead, ++depth);
      const read = new PendingRead(ref, id);
      loader.load(ref, id, read);
      return read;
    },
  };

  function beginAhead(from: number): Map<number, AheadRun> {
    const runs = new Map<number, AheadRun>();
    for (let later = from; later < items.length; later++) {
      const item = items[later];
      if (item?.plan.kind === "run") runs.set(later, new AheadRun(decider, item.message, view, item.cause));
    }
    return runs;
  }

  /**
   * Lets those that wait go on, key by key: those that others of their key build on to their end, the last of each to what it reads next. Who
   * was let so far before waits: what it is told by guess may be written until its turn.
   */
  function guess(runs: ReadonlyMap<number, AheadRun>, far: number): void {
    const last = new Map<string, AheadRun>();
    for (const [later, run] of runs) {
      const item = items[later];
      if (item === undefined || !run.isWaiting || run.looks >= far) continue;
      const key = keyOf(item);
      const before = last.get(key);
      if (before !== undefined) {
        let chain = chains.get(key);
        if (chain === undefined) chains.set(key, chain = new GuessChain(overlay));
        chain.add(before);
      }
      last.set(key, run);
    }
    for (const [key, run] of last) {
      // It waits for its last step already, going by others of its name: a guess would only have it decide in vain.
      if (run.looks + 1 >= (steps.get(run.message.name) ?? Infinity)) continue;
      const chain = chains.get(key);
      if (chain === undefined) run.look(overlay);
      else chain.last(run);
    }
  }

  function takeAhead(): AheadRun | undefined {
    const run = ahead?.get(index);
    ahead?.delete(index);
    return run;
  }

  const decisions: Decision[] = [];
  /** Begun, and to be ended together. */
  const open: { readonly place: number; readonly item: BatchItem<Envelope>; readonly turn: OpenTurn }[] = [];
  const openKeys = new Set<string>();
  let blind = false;
  let runs = 0;

  function conclude(place: number, item: BatchItem<Envelope>, decision: Decision): void {
    if (decision.kind === "failed") failedKeys.add(keyOf(item));
    if (decision.kind === "changes") blind = lay(decision, overlay) || blind;
    decisions[place] = decision;
  }

  async function endTurns(): Promise<void> {
    if (open.length === 0) return;
    await decider.settings.settled();
    openKeys.clear();
    for (let one = open.shift(); one !== undefined; one = open.shift()) {
      const end = one.turn.end();
      conclude(one.place, one.item, end instanceof Promise ? await end : end);
    }
  }

  try {
    for (; index < items.length; index++) {
      const item = items[index];
      if (item === undefined) break;
      if (openKeys.size > 0 && openKeys.has(keyOf(item))) await endTurns();
      const begun = takeAhead();
      depth = begun?.looks ?? 0;
      let decision: Decision;
      if (item.plan.kind === "queue" || (failedKeys.size > 0 && failedKeys.has(keyOf(item)))) {
        begun?.drop();
        decision = { kind: "queued" };
      } else if (item.plan.kind === "fail") decision = { kind: "failed", failure: item.plan.failure };
      else {
        // Nothing is awaited where nothing waits: most handlers of a warm process settle at once.
        const turn = begun?.turn(own);
        // What is awaited may take its time, in which a turn would get further than its microtasks.
        if (turn instanceof Promise) await endTurns();
        const decidedAhead = turn instanceof Promise ? await turn : turn;
        // What was built on a wrong guess is no better.
        if (decidedAhead === null && chains.size > 0) chains.delete(keyOf(item));
        const run = decidedAhead ?? begin(decider, item.message, own, item.cause);
        runs++;
        if (run instanceof OpenTurn) {
          open.push({ place: index, item, turn: run });
          openKeys.add(keyOf(item));
          continue;
        }
        if (run instanceof Promise) await endTurns();
        decision = run instanceof Promise ? await run : run;
        if (begun !== undefined && begun.steps > (steps.get(item.message.name) ?? 0)) steps.set(item.message.name, begun.steps);
        if (loader.failure !== null) throw loader.failure;
      }
      conclude(index, item, decision);
    }
    await endTurns();
  } finally {
    dropAll(ahead);
    for (const { turn } of open) turn.drop();
    loader.close();
  }
  return { decisions, blind, runs, overlay, presumed: loader.presumed };
}

function stepsOf(routes: Routes): Map<string, number> {
  const known = stepsSeen.get(routes);
  if (known !== undefined) return known;
  const steps = new Map<string, number>();
  stepsSeen.set(routes, steps);
  return steps;
}

function dropAll(ahead: ReadonlyMap<number, AheadRun> | null): void {
  for (const run of ahead?.values() ?? []) run.drop();
}

function keyOf(item: BatchItem<Envelope>): string {
  return `${item.message.tenant}\u0000${item.message.key}`;
}
