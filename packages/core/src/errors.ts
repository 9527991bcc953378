// The one table of typed errors, and the class that carries a row of it. Every failure that leaves the platform has a
// stable string code from here; codes are never reused. No other file invents a code.

/** When trying again can help: `never` (the same input fails the same way), `later` (after a delay), `now` (at once). */
export type RetryClass = "never" | "later" | "now";

/** Who must read it: `client` (the caller can mend it), `log` (an operator may look), `tracker` (a defect or an outage). */
type Audience = "client" | "log" | "tracker";

interface ErrorRow {
  readonly area: "definition" | "message" | "door" | "handler" | "call" | "workflow" | "delivery" | "store" | "configuration" | "operator" | "internal";
  readonly httpStatus: number;
  readonly retry: RetryClass;
  readonly audience: Audience;
  /** What the code means, as one sentence; the message of a thrown error names the thing and the next step. */
  readonly message: string;
}

const row = (
  area: ErrorRow["area"], httpStatus: number, retry: RetryClass, audience: Audience, message: string,
): ErrorRow => ({ area, httpStatus, retry, audience, message });

/**
 * Every code with its HTTP status, retry class and audience. Codes are never renamed and never used for something else.
 *
 * @example ERRORS.DATA_INVALID.httpStatus // 422
 */
export const ERRORS = {
  NAME_INVALID: row("definition", 500, "never", "client", "A name in a definition breaks the naming rule."),
  NAME_DUPLICATE: row("definition", 500, "never", "client", "Two definitions share one name."),
  COMMAND_HANDLED_TWICE: row("definition", 500, "never", "client", "Two handlers claim the same command or the same event in one service."),
  COMMAND_UNHANDLED: row("definition", 500, "never", "client", "A command can be sent, and no service handles it."),
  EVENT_NEVER_EMITTED: row("definition", 500, "never", "client", "A service handles an event that nobody could ever emit."),
  OUTCOME_UNHANDLED: row("definition", 500, "never", "client", "A service declares a port and does not handle the outcomes of one of its operations."),
  PORT_MISSING: row("definition", 500, "never", "client", "A service declares a port that the application does not provide."),
  VERSION_INVALID: row("definition", 500, "never", "client", "A schema version or its upcasters are not consecutive."),
  SCHEMA_CHANGED: row("definition", 500, "never", "client", "A stored schema differs from the definition under the same version."),
  SCHEMA_ASYNC: row("definition", 500, "never", "client", "A schema validates asynchronously; handlers and publish need synchronous schemas."),
  SCHEMA_TRANSFORMS: row("definition", 500, "never", "client", "A schema's output does not survive its own validation."),
  MODEL_INVALID: row("definition", 500, "never", "client", "A model to be checked contradicts itself or lacks something."),
  CHECKPOINT_MISMATCH: row("definition", 500, "never", "client", "A checkpoint is damaged, or was made from something else than what is to be explored."),
  STATE_UNCOMPARABLE: row("definition", 500, "never", "client", "A state of a model holds a value that cannot be compared by structure."),
  SCHEDULE_INVALID: row("definition", 500, "never", "client", "A schedule has an expression, a time zone, an interval or a window that is not valid."),
  RETENTION_TOO_SHORT: row("definition", 500, "never", "client", "Dedupe or log retention is shorter than a horizon that depends on it."),

  MESSAGE_UNKNOWN: row("message", 400, "never", "client", "A message has a name that the application does not define."),
  MESSAGE_NOT_ACCEPTED: row("message", 400, "never", "client", "A message was published that the application does not accept at its door."),
  MESSAGE_NOT_DECLARED: row("message", 500, "never", "tracker", "A handler emitted a message that its service does not declare."),
  DATA_INVALID: row("message", 422, "never", "client", "Data does not match its schema."),
  DATA_NOT_JSON: row("message", 422, "never", "client", "Data holds a value that JSON cannot carry."),
  DATA_TOO_LARGE: row("message", 413, "never", "client", "Data is larger than the configured cap."),
  KEY_INVALID: row("message", 422, "never", "client", "A routing, document, call or idempotency key is empty, too long or not a string."),
  TENANT_INVALID: row("message", 422, "never", "client", "A tenant name breaks the naming rule."),
  TIME_INVALID: row("message", 422, "never", "client", "A delay or point in time is not a valid one."),
  MESSAGE_TOO_NEW: row("message", 500, "later", "log", "A message has a newer schema version than this process knows."),
  UPCAST_FAILED: row("message", 500, "never", "tracker", "An upcaster threw, or no chain of upcasters leads to the present version."),

  IDEMPOTENCY_CONFLICT: row("door", 409, "never", "client", "The idempotency key was used before with another payload."),
  PUBLISH_UNRESOLVED: row("door", 503, "now", "client", "The store could not say in time whether the publish was committed; repeating it with the same idempotency key is safe."),
  TRANSACTION_UNRESOLVED: row("door", 503, "later", "tracker", "The connection was lost during COMMIT and the database could not say how it ended."),
  TRANSACTION_FINISHED: row("door", 500, "never", "tracker", "A transaction was used after its work had ended."),

  HANDLER_FAILED: row("handler", 500, "later", "tracker", "A handler threw an error without a retry class."),
  HANDLER_STALLED: row("handler", 500, "later", "tracker", "A handler did not settle in time after its last read."),
  HANDLER_KILLED: row("handler", 500, "never", "tracker", "A message was being handled when its worker died, repeatedly."),
  HANDLER_FINISHED: row("handler", 500, "never", "tracker", "A handler's context was used after the handler had settled."),
  HANDLER_NONDETERMINISTIC: row("handler", 500, "never", "tracker", "A handler under check depends on more than its message and its documents."),
  SQL_FAILED: row("handler", 500, "later", "tracker", "A declared SQL statement failed or changed another number of rows than declared."),
  COMMIT_REJECTED: row("handler", 500, "later", "tracker", "The database refused the changes of one message."),

  CALL_CONFLICT: row("call", 409, "never", "tracker", "A call with the same key and another input is still under way."),
  CALL_NOT_PERFORMED: row("call", 503, "later", "log", "A call was certainly not performed."),
  CALL_TIMEOUT: row("call", 504, "later", "log", "A call did not answer in time; its outcome is unknown."),
  CALL_OUTCOME_INVALID: row("call", 502, "later", "tracker", "A port answered with something its operation does not declare."),
  CALL_UNKNOWN: row("call", 502, "later", "log", "A port threw an error that does not say whether the effect happened."),
  CIRCUIT_OPEN: row("call", 503, "later", "log", "A circuit breaker is open: the dependency failed too often, and calls are refused until a probe succeeds."),
  BULKHEAD_FULL: row("call", 503, "later", "log", "As many calls as allowed are under way, and as many as allowed wait."),
  CALIBRATION_TOO_SMALL: row("call", 422, "never", "client", "A record of calls is too small to recommend a setting from."),
  CALIBRATION_RECORD_INVALID: row("call", 422, "never", "client", "A record of calls cannot be replayed: out of order, impossible, or of several operations."),
  DEADLINE_EXCEEDED: row("call", 504, "later", "log", "The deadline of a call has passed before it had a result."),

  WORKFLOW_DIVERGED: row("workflow", 500, "never", "tracker", "The code of a workflow does not do again what the journal of a run says it did."),
  WORKFLOW_STALLED: row("workflow", 500, "never", "tracker", "A workflow awaits something that is none of its steps."),
  WORKFLOW_STEP_REFUSED: row("workflow", 500, "never", "tracker", "A workflow asked for a step that may not stand there, or whose name is taken in its run."),
  WORKFLOW_VERSION_UNKNOWN: row("workflow", 500, "later", "log", "A run began with a version of its workflow, or a patch, that this process does not have."),
  WORKFLOW_FAILED_AFTER_PIVOT: row("workflow", 500, "never", "tracker", "A workflow failed after its pivot, where nothing may be undone."),
  WORKFLOW_INBOX_FULL: row("workflow", 429, "never", "tracker", "A run keeps as many messages as allowed that it has not waited for."),
  HISTORY_INVALID: row("workflow", 422, "never", "client", "A line of a file of recorded runs is no recorded run, or one of another workflow."),
  STEP_FAILED: row("workflow", 502, "never", "log", "A step ended with a declared failure, or was certainly not performed."),
  CHILD_FAILED: row("workflow", 500, "never", "log", "A child run ended otherwise than by returning."),
  RUN_CANCELLED: row("workflow", 409, "never", "log", "A run was cancelled."),

  HTTP_NOT_SENT: row("call", 503, "later", "log", "A request was not sent: no connection was made, or it was given up before."),
  HTTP_LOST: row("call", 502, "later", "log", "The connection was lost, or the request given up, after it was sent; its outcome is unknown."),
  HTTP_BUSY: row("call", 503, "later", "log", "A provider asked to come back later, and performed nothing."),
  HTTP_REFUSED: row("call", 502, "never", "tracker", "A provider refused a request with a status that its operation does not declare."),
  HTTP_UNAUTHORIZED: row("call", 502, "later", "tracker", "There are no credentials for a request, or its provider did not accept them."),
  HTTP_FAILED: row("call", 502, "later", "log", "A provider answered with a status that does not say whether the effect happened."),
  HTTP_ANSWER_TOO_LARGE: row("call", 502, "later", "tracker", "An answer is longer than allowed and was cut off; its outcome is unknown."),
  HTTP_REQUEST_INVALID: row("call", 500, "never", "tracker", "A request cannot be sent as it was made: its path, a header, or its length."),

  KEY_PARKED: row("delivery", 409, "later", "log", "The message waits in a parked key of that consumer group."),
  HANDLED_TIMEOUT: row("delivery", 504, "later", "log", "The consumer group did not pass the message in time."),
  APP_NOT_RUNNING: row("delivery", 503, "later", "client", "The application was stopped, or its start did not finish."),
  STOP_INCOMPLETE: row("delivery", 500, "later", "log", "The shutdown deadline passed with work still under way; it was released."),

  STORE_UNAVAILABLE: row("store", 503, "later", "tracker", "The database does not answer."),
  STORE_REFUSED: row("store", 500, "never", "tracker", "The database refused a statement of the platform."),
  STORE_VERSION: row("store", 500, "never", "tracker", "The database holds a schema that this version cannot use."),
  PARTITIONS_FIXED: row("store", 500, "never", "client", "The number of partitions differs from the one the log was created with."),

  CONFIG_INVALID: row("configuration", 500, "never", "client", "A configuration value is not valid."),
  CHECK_FILE_INVALID: row("configuration", 500, "never", "client", "A file of checks cannot be found or loaded, or exports something that cannot be checked."),
  CHECK_WORKER_FAILED: row("configuration", 500, "never", "client", "A thread that explores together with others has ended early."),
  REPLAY_INVALID: row("configuration", 500, "never", "client", "A replayed counterexample does not fit the services or the scenario that it is played on any more."),
  DATABASE_URL_INVALID: row("configuration", 500, "never", "client", "The database URL is not one of PostgreSQL."),

  DEAD_LETTER_UNKNOWN: row("operator", 404, "never", "client", "There is no such dead letter."),
  CONTROL_REFUSED: row("operator", 409, "later", "client", "The owner of the partition refused an operator's request: the key has changed meanwhile."),
  CONTROL_UNANSWERED: row("operator", 504, "later", "client", "No worker answered the operator's request in time; it stays recorded and is done when one runs."),

  CALL_NOT_FOUND: row("operator", 404, "never", "client", "There is no such live call: it has ended, or never was."),
  CALL_NOT_WAITING: row("operator", 409, "later", "client", "The call needs no attention: its runner or its handler still looks after it."),
  CALL_CONTROL_PENDING: row("operator", 409, "later", "client", "Another operator's request about the call waits for the owner of its partition."),
  BREAKER_NOT_FOUND: row("operator", 404, "never", "client", "There is no such shared breaker: it is not shared, or has never opened."),

  INTERNAL: row("internal", 500, "later", "tracker", "An unexpected error; its text stays in the log."),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

const BRAND = Symbol.for("evenkeel.error");
const HANDLER_FAILURE = Symbol.for("evenkeel.handler-failure");

/**
 * A failure with a stable code. `message` says what happened, to which thing, and what to do next; `details` holds the same
 * facts as data; `cause` keeps the original error. Use {@link isEvenkeelError} rather than `instanceof`: it survives two
 * installed copies of the package.
 */
export class EvenkeelError extends Error {
  override readonly name = "EvenkeelError";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly [BRAND] = true;

  constructor(code: ErrorCode, message: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  get retry(): RetryClass { return ERRORS[this.code].retry; }
  get httpStatus(): number { return ERRORS[this.code].httpStatus; }
  get audience(): Audience { return ERRORS[this.code].audience; }

  toJSON(): { code: ErrorCode; message: string; details: Readonly<Record<string, unknown>> } {
    return { code: this.code, message: this.message, details: this.details };
  }
}

/**
 * Whether a value is an {@link EvenkeelError}, also one of another installed copy of the package.
 *
 * @example if (isEvenkeelError(error) && error.code === "IDEMPOTENCY_CONFLICT") return reply(error.httpStatus);
 */
export function isEvenkeelError(error: unknown): error is EvenkeelError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/**
 * Thrown by a handler to say what its failure means. Made by {@link terminal} and {@link transient}; any other error thrown by
 * a handler counts as `transient` with the code `HANDLER_FAILED`.
 */
export class HandlerFailure extends Error {
  override readonly name = "HandlerFailure";
  /** The application's own stable code. */
  readonly code: string;
  readonly retry: RetryClass;
  readonly afterMs: number | null;
  readonly [HANDLER_FAILURE] = true;

  constructor(code: string, message: string, retry: RetryClass, afterMs: number | null) {
    super(message);
    this.code = code;
    this.retry = retry;
    this.afterMs = afterMs;
  }
}

/** Whether a value was made by {@link terminal} or {@link transient}, also by another installed copy of the package. */
export function isHandlerFailure(error: unknown): error is HandlerFailure {
  return typeof error === "object" && error !== null && HANDLER_FAILURE in error;
}

/**
 * Thrown by a handler: the message can never succeed. It becomes a dead letter at once, and its key waits for a person; other keys flow.
 *
 * @param code your own stable code, under which the dead letter is found.
 * @example throw terminal("ORDER_EMPTY", `Order ${id} has no lines: correct it and redrive the dead letter.`);
 */
export function terminal(code: string, message: string): HandlerFailure {
  return new HandlerFailure(code, message, "never", null);
}

/**
 * Thrown by a handler: the message may succeed later. Its key is parked and tried again with backoff and full jitter, up to
 * `retry.maxAttempts` runs (default 10); then it becomes a dead letter. Any other error counts as this one, as `HANDLER_FAILED`.
 *
 * @param code your own stable code.
 * @param options.afterMs the least delay before the next attempt in milliseconds; default: the backoff decides.
 * @example throw transient("PRICE_MISSING", `SKU ${sku} has no price yet.`, { afterMs: 1_000 });
 */
export function transient(code: string, message: string, options: { afterMs?: number } = {}): HandlerFailure {
  return new HandlerFailure(code, message, "later", options.afterMs ?? null);
}
