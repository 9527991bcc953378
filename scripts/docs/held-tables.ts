// Which table of the reference is held to which types of the sources, and from which files its defaults are read. Data alone; it compares nothing.

/**
 * A type, and a file that declares or imports it; of a function the parameters are its members. With `member`: what an object given for that
 * member has.
 */
export interface TypePlace { readonly file: string; readonly type: string; readonly member?: string }

export interface HeldTable {
  readonly page: "checker" | "configuration" | "workflows";
  readonly heading: string;
  /** The title of the column in which the names stand; tables of one heading with the same title are one. */
  readonly column: string;
  /** Together they have what the table has. */
  readonly types: readonly TypePlace[];
  /** Set before the names in the table. */
  readonly prefix?: string;
  /** Members that are nobody's options, and why. */
  readonly without?: Readonly<Record<string, string>>;
  /** Files that say what an option is when nobody gives it. */
  readonly defaults?: readonly string[];
  /** Options whose default the table tells in words, and why. */
  readonly inWords?: Readonly<Record<string, string>>;
  /** Rows that list in braces what is given: `true`: what the option's own type has. */
  readonly braces?: Readonly<Record<string, readonly (true | TypePlace)[]>>;
}

const core = (path: string): string => `packages/core/src/${path}`;
const checker = (path: string): string => `packages/checker/src/${path}`;
const OWN = [true] as const;

const BREAKER = core("resilience/breaker.ts");
const OPERATION = core("decide/operation-spec.ts");
const SYSTEM = checker("system/system-definition.ts");
const EXPLORE = checker("explore/options.ts");
const JOURNAL = core("workflow/journal.ts");
const SCHEDULE = core("schedule/define.ts");

const CONFIGURATION: readonly HeldTable[] = [
  {
    page: "configuration", heading: "Options of `createApp`", column: "option",
    types: [{ file: "packages/evenkeel/src/create-app.ts", type: "CreateAppOptions" }],
    defaults: ["packages/evenkeel/src/create-app.ts", "packages/postgres/src/store.ts", core("app.ts")],
    inWords: { retention: "a table of its own has them" },
  },
  {
    page: "configuration", heading: "Retention", column: "name", prefix: "retention.",
    types: [{ file: "packages/postgres/src/store.ts", type: "PostgresOptions", member: "retention" }], defaults: ["packages/postgres/src/retention.ts"],
  },
  {
    page: "configuration", heading: "Options of a publish", column: "option", types: [{ file: core("log/publisher.ts"), type: "PublishOptions" }],
    defaults: [core("log/publisher.ts")],
  },
  {
    page: "configuration", heading: "Options of an operation", column: "option", types: [{ file: OPERATION, type: "OperationSpec" }],
    defaults: [OPERATION, core("call/call-policy.ts"), core("decide/port.ts")], braces: { bulkhead: OWN, budget: OWN },
  },
  {
    page: "configuration", heading: "Options of an operation", column: "`breaker.`",
    types: [{ file: OPERATION, type: "OperationSpec", member: "breaker" }], defaults: [BREAKER],
  },
  {
    page: "configuration", heading: "Options of `policy`", column: "option", types: [{ file: "packages/evenkeel/src/policy.ts", type: "NodePolicyOptions" }],
    defaults: [core("resilience/policy-options.ts"), core("resilience/bulkhead.ts"), core("resilience/retry-budget.ts")],
    inWords: { judge: "a function" },
    braces: { bulkhead: OWN, retry: OWN },
  },
  {
    page: "configuration", heading: "Options of `httpClient`", column: "option",
    types: [{ file: "packages/http/src/client-options.ts", type: "HttpClientOptions" }],
    defaults: ["packages/http/src/client-options.ts", "packages/http/src/http-client.ts"], braces: { idempotencyKey: OWN, redact: OWN, tls: OWN },
    inWords: { idempotencyKey: "its parts have their own, in braces" },
  },
];

const CHECKER: readonly HeldTable[] = [
  {
    page: "checker", heading: "A check of services", column: "option", types: [{ file: SYSTEM, type: "SystemDefinition" }],
    defaults: [checker("system/plan-system.ts"), checker("system/definitions.ts")],
    braces: {
      ports: [{ file: checker("system/answers.ts"), type: "AnswerRequest" }], invariants: [{ file: checker("model/definition.ts"), type: "InvariantDefinition" }], statements: OWN, perKey: OWN,
    },
  },
  {
    page: "checker", heading: "A check of services", column: "`faults.`", types: [{ file: SYSTEM, type: "Faults" }],
  },
  {
    page: "checker", heading: "A check of services", column: "`s.`", types: [{ file: SYSTEM, type: "SystemFacts" }],
    braces: {
      provider: [{ file: SYSTEM, type: "ProviderEffect" }], observed: [{ file: SYSTEM, type: "ObservedMessage" }],
      messages: OWN, parked: OWN, calls: OWN, timers: OWN,
    },
  },
  {
    page: "checker", heading: "Options of an exploration", column: "option", types: [{ file: EXPLORE, type: "ExploreOptions" }],
    defaults: [EXPLORE, checker("explore/keeper.ts")], braces: { checkpoint: OWN, strategy: OWN, workers: OWN },
  },
  {
    page: "checker", heading: "A model", column: "option", types: [{ file: checker("model/definition.ts"), type: "ModelDefinition" }],
    braces: { fairness: [true, { file: checker("model/definition.ts"), type: "FairnessEntry" }] },
  },
  {
    page: "checker", heading: "The report", column: "field",
    types: [{ file: checker("report.ts"), type: "Report" }, { file: checker("system/check-system.ts"), type: "SystemReport" }],
    braces: { actions: OWN, invariants: OWN, witnesses: OWN, temporal: OWN, trace: OWN, reductions: OWN },
  },
];

const WORKFLOWS: readonly HeldTable[] = [
  {
    page: "workflows", heading: "Options of `workflow`", column: "option", types: [{ file: core("workflow/define.ts"), type: "WorkflowOptions" }],
    defaults: [core("workflow/define.ts")], braces: { announces: [{ file: core("workflow/messages.ts"), type: "Ended" }] },
  },
  {
    page: "workflows", heading: "What `inspect` shows", column: "field", types: [{ file: core("workflow/inspect.ts"), type: "RunView" }],
    braces: { strays: OWN, restarts: OWN, answers: [{ file: JOURNAL, type: "Answer" }], failure: OWN },
  },
  {
    page: "workflows", heading: "What `inspect` shows", column: "of each of `steps`", types: [{ file: core("workflow/run-steps.ts"), type: "RunStep" }],
  },
  {
    page: "workflows", heading: "What `inspect` shows", column: "of each of `waits`", types: [{ file: core("workflow/inspect.ts"), type: "RunWait" }],
  },
  {
    page: "workflows", heading: "Options of `schedule`", column: "option",
    types: [{ file: SCHEDULE, type: "SendOptions" }, { file: SCHEDULE, type: "StartOptions" }], defaults: [SCHEDULE],
    inWords: { send: "either the one pair or the other", data: "the same", start: "the same", input: "the same" },
    braces: { when: OWN },
  },
  {
    page: "workflows", heading: "Options of `schedule`", column: "of `cron`", types: [{ file: "packages/evenkeel/src/cron.ts", type: "CronOptions" }],
    defaults: ["packages/evenkeel/src/cron.ts"],
  },
  {
    page: "workflows", heading: "Options of `schedule`", column: "of `every`",
    types: [{ file: core("schedule/calendar.ts"), type: "every", member: "options" }], defaults: [core("schedule/calendar.ts")],
  },
  {
    page: "workflows", heading: "Options of `schedule`", column: "message", types: [{ file: core("schedule/messages.ts"), type: "ScheduleMessages" }],
  },
  {
    page: "workflows", heading: "Options of `schedule`", column: "of `state`", types: [{ file: core("schedule/plan.ts"), type: "ScheduleDocument" }],
    braces: { recent: OWN, running: OWN, buffered: OWN },
  },
];

export const HELD_TABLES: readonly HeldTable[] = [...CONFIGURATION, ...CHECKER, ...WORKFLOWS];

/** Types whose comments say a default, beside those of the tables; their own tables are compared with what runs. */
export const ALSO_SAID: readonly Pick<HeldTable, "types" | "defaults" | "inWords">[] = [
  {
    types: [{ file: core("settings.ts"), type: "Settings" }], defaults: [core("settings.ts")],
    inWords: { partitions: "the store's, for a new log", retry: "of its parts" },
  },
  { types: [{ file: BREAKER, type: "BreakerSettings" }], defaults: [BREAKER] },
  { types: [{ file: core("resilience/retry-budget.ts"), type: "RetryBudgetSettings" }], defaults: [core("resilience/retry-budget.ts")] },
  { types: [{ file: core("resilience/bulkhead.ts"), type: "BulkheadSettings" }], defaults: [core("resilience/bulkhead.ts")] },
  { types: [{ file: core("resilience/policy-options.ts"), type: "RetrySettings" }], defaults: [core("resilience/policy-options.ts")] },
  { types: [{ file: EXPLORE, type: "SimulationOptions" }], defaults: [EXPLORE] },
];
