// What a contestant implements. One object per contestant, default-exported by contestants/<name>/index.ts; a question it
// leaves out is printed as absent, never skipped silently. The contract says nothing about how work is stored or batched.

/** Asked of everybody, and by default. */
export const comparedNames = ["drain", "together", "fold", "fanout", "latency", "kill"] as const;
/** About Evenkeel alone, and asked only by name: what they measure has no equal in the peers, or takes long. */
export const aloneNames = ["pinned", "hotkey", "marketplace", "commitdelay", "workflowkill", "sleepers"] as const;
/** Asked only by name, of other peers. */
export const otherNames = ["policy", "workflows"] as const;
export const questionNames = [...comparedNames, ...aloneNames, ...otherNames] as const;
export type QuestionName = (typeof questionNames)[number];

/** What travels: 60 to 70 bytes as JSON. `at` is set by the latency question only (milliseconds on the shared clock). */
export interface Payload {
  readonly id: number;
  readonly note: string;
  readonly at?: number;
}

/** What every role of a contestant is given. */
export interface Context {
  /** Where to connect: the database, or the pooler in front of it. */
  readonly url: string;
  /** True: `url` is PgBouncer in transaction mode, so LISTEN, session locks and named statements are off the table. */
  readonly pooled: boolean;
  /** How often to look for work where nothing can wake the reader (behind the pooler); the same for all contestants. */
  readonly pollIntervalMs: number;
  /** How many handlers may run at once (the kill question); no-op handlers need no limit of the harness. */
  readonly concurrency: number;
  /** Which way of publishing to use (see `LatencyTask.variants`); empty where there is one way. */
  readonly variant: string;
  /** Builds the payload of message `n`, the same for all contestants. */
  payload(n: number): Payload;
}

export interface Range {
  readonly first: number;
  readonly count: number;
}

/** The handler of the harness: counts, checks for repeats, sleeps in the kill question. Await what it returns if it is a promise. */
export type Handle = (payload: Payload) => void | Promise<void>;

export interface Running {
  /** Graceful stop: resolves when every acknowledgement of a handled message is committed and all connections are closed. */
  stop(): Promise<void>;
}

/** Facts printed with every row of this contestant. */
export interface Traits {
  /** Version of the library; for plain SQL the word "none". */
  readonly version: string;
  /** The settings chosen, in one line. */
  readonly settings: string;
  /** Is every payload checked against a schema? */
  readonly validation: boolean;
  /** Can one message of a batch fail, be retried or be set aside without the others? */
  readonly perMessageFailure: boolean;
  /** What a crash can do to a message, in a few words. */
  readonly guarantee: string;
}

interface Prepared {
  readonly traits: Traits;
  /** Creates tables, queues, groups in an empty database; its own process, not measured. */
  prepare(context: Context): Promise<void>;
}

/** drain, together and kill: messages that one worker process handles once each. */
export interface QueueTask extends Prepared {
  /** Publishes messages first … first+count-1 in batches of the contestant's choice; resolves when all are committed. */
  produce(context: Context, range: Range): Promise<void>;
  /** Starts handling; resolves as soon as the reader runs. */
  work(context: Context, handle: Handle): Promise<Running>;
  /** How many messages are not acknowledged yet, by the tables themselves. */
  pending(context: Context): Promise<number>;
}

export interface LatencyTask extends Prepared {
  /** Ways to publish worth trying; all are run, the one with the lowest median wins and is named. */
  readonly variants?: readonly string[];
  /** A connected publisher; `publish` resolves after its commit. */
  publisher(context: Context): Promise<{ publish(payload: Payload): Promise<void>; close(): Promise<void> }>;
  work(context: Context, handle: Handle): Promise<Running>;
}

export interface FoldEvent {
  readonly key: string;
  readonly amount: number;
}

export interface FoldTotal {
  readonly key: string;
  readonly count: number;
  readonly total: number;
}

export interface FoldTask extends Prepared {
  /** Connects one appender; the harness runs `appenders` of them at the same time. `append` resolves after its commit. */
  appender(context: Context): Promise<{ append(events: readonly FoldEvent[]): Promise<void>; close(): Promise<void> }>;
  /** Folds events into the totals; calls `folded(n)` after the commit that made n more events count. */
  work(context: Context, folded: (n: number) => void): Promise<Running>;
  /** The totals as a reader sees them; the harness compares each key with what was appended. */
  totals(context: Context): Promise<readonly FoldTotal[]>;
}

export interface FanoutTask extends Prepared {
  produce(context: Context, range: Range, groups: readonly string[]): Promise<void>;
  /** One worker process serves all groups; each group handles every event, independently of the others. */
  work(
    context: Context,
    groups: readonly string[],
    handle: (group: string, payload: Payload) => void | Promise<void>,
  ): Promise<Running>;
  /** Deliveries not acknowledged yet, over all groups. */
  pending(context: Context, groups: readonly string[]): Promise<number>;
}

export interface PinnedPlan {
  /** How long a full segment of the log stays, how many spent rows start a rotation, how many positions a segment has. */
  readonly logMs: number;
  readonly rotateRows: number;
  readonly segmentLength: number;
}

/** A mixed load under an old snapshot: every message changes a document, every tenth makes a call, every tenth sets a timer. */
export interface PinnedTask extends Prepared {
  /** A statement that reads the log, for the session that holds its snapshot. */
  readonly readLog: string;
  prepare(context: Context, plan?: PinnedPlan): Promise<void>;
  /** `publish` resolves after its commit; each message carries the time it was meant for. */
  publisher(context: Context, plan: PinnedPlan): Promise<{ publish(range: Range, at: number): Promise<void>; close(): Promise<void> }>;
  /** Calls `handled(at)` after the commit of each published message. */
  work(context: Context, plan: PinnedPlan, handled: (at: number) => void): Promise<Running>;
  /** Bytes by kind of table, indexes included; asked every second on a connection of its own. */
  sizes(context: Context): Promise<{ read(): Promise<Readonly<Record<string, number>>>; close(): Promise<void> }>;
}

interface HotKeyStats {
  readonly runs: number;
  readonly messages: number;
  readonly commits: number;
  readonly conflicts: number;
}

/** Orders that each change the document of one SKU and write one of their own. */
export interface HotKeyTask extends Prepared {
  publisher(context: Context): Promise<{ publish(orders: readonly { id: number; sku: string }[]): Promise<void>; close(): Promise<void> }>;
  /** One of several worker processes. */
  work(context: Context): Promise<Running & { stats(): HotKeyStats }>;
  /** Over one connection: orders not handled yet, how many workers own partitions, whether the service is gathered in one. */
  look(context: Context): Promise<{ read(): Promise<{ pending: number; owners: number; gathered: boolean }>; close(): Promise<void> }>;
  /** Milliseconds from publish to decision of every order, and what the SKUs' documents add up to. */
  outcome(context: Context): Promise<{ waits: readonly number[]; taken: number }>;
}

/** Commits straight on the store: what the append locks allow when a flush takes long. */
export interface CommitDelayTask extends Prepared {
  /** `commit` appends `partitions` messages, one to each of so many partitions ("all" of them), in one transaction. */
  committers(context: Context, connections: number): Promise<{ commit(partitions: "one" | "all"): Promise<void>; close(): Promise<void> }>;
}

/** A full policy around a function in one process: no database is asked. */
export interface PolicyTask {
  readonly traits: Traits;
  /** How long it may keep what it counted of a call, before that is called growth. */
  readonly settleMs: number;
  /** `call` runs `fn` once under all parts and resolves to what it does; `fn` reads its signal through its argument, if at all. */
  open(fn: (signal: () => AbortSignal) => Promise<number>): Promise<{ call(): Promise<number>; close(): void }>;
}

/** What a step of the order workflow is. */
export type WorkflowStep = "reserve" | "charge" | "book";

/** A run that was started: when its start is durable, and when its end is. */
interface StartedRun {
  readonly published: Promise<unknown>;
  readonly ended: Promise<void>;
}

/** A workflow of three steps: two that can be undone, and one after which nothing is. Each result is durable before the next step begins. */
export interface WorkflowTask extends Prepared {
  /** Where it keeps its runs; default: PostgreSQL. On Redis `context.url` is the path of a socket. */
  readonly store?: "redis";
  /** The file that holds the definition, between the lines "definition begins" and "definition ends". */
  readonly definition: URL;
  /** Starts client and worker in this process; `perform` is what a step does. */
  open(context: Context, perform: (step: WorkflowStep, id: string) => Promise<void>): Promise<Running & { run(id: string): StartedRun }>;
  /** Runs that ended by returning, by the tables themselves. */
  completed(context: Context): Promise<number>;
}

/** A call of a step that a worker made. */
export interface StepCall {
  readonly step: WorkflowStep;
  readonly run: string;
  /** What the provider would be given to know a repeated call by. */
  readonly key: string;
}

/** The same workflow, with two effects in the same database: one after the second step, one after the last. */
export interface WorkflowKillTask extends Prepared {
  /** Asks for the runs; resolves when all starts are durable. */
  start(context: Context, ids: readonly string[]): Promise<void>;
  /** One of several worker processes. */
  work(context: Context, perform: (call: StepCall) => Promise<void>): Promise<Running>;
  /** Over one connection: the runs that ended by returning. */
  look(context: Context): Promise<{ read(): Promise<number>; close(): Promise<void> }>;
  /** How many rows each effect of each run has left, by `<run> <effect>`; and what else is not as it should be, in words. */
  audit(context: Context): Promise<{ readonly effects: Readonly<Record<string, number>>; readonly wrong: readonly string[] }>;
}

/** Runs that sleep. */
export interface SleepersTask extends Prepared {
  /** Client and worker in this process; `start` resolves when the starts are durable. The runs sleep until then, and end. */
  open(context: Context): Promise<Running & { start(ids: readonly string[], until: Date): Promise<void> }>;
  /** Over one connection, and cheap: runs that sleep durably, and runs whose ids begin so that have ended. */
  look(context: Context): Promise<{ asleep(): Promise<number>; ended(prefix: string): Promise<number>; close(): Promise<void> }>;
}

export interface Contestant {
  readonly name: string;
  readonly drain?: QueueTask;
  readonly together?: QueueTask;
  readonly kill?: QueueTask;
  readonly fold?: FoldTask;
  readonly fanout?: FanoutTask;
  readonly latency?: LatencyTask;
  readonly pinned?: PinnedTask;
  readonly hotkey?: HotKeyTask;
  readonly commitdelay?: CommitDelayTask;
  readonly policy?: PolicyTask;
  readonly workflows?: WorkflowTask;
  readonly workflowkill?: WorkflowKillTask;
  readonly sleepers?: SleepersTask;
  /** The marketplace is run by its own command; here are only the facts that are printed with it. */
  readonly marketplace?: { readonly traits: Traits };
}
