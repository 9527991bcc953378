// The front door's composition: an application on the PostgreSQL server that comes with npm, or on the one that a URL names.
import { resolve } from "node:path";
import { checkOptionNames, createAppOn, DEFAULT_DEADLINE_MS, EvenkeelError, parseSettings, retryHorizonMs } from "@evenkeel/core";
import type { AnyMessageDefinition, App, AppOptions, OptionNames, SettingsInput } from "@evenkeel/core";
import { startEmbedded } from "@evenkeel/embedded";
import { DEFAULT_RETENTION, nodeHost, openPostgres, type PostgresOptions } from "@evenkeel/postgres";
import { consoleLog } from "./console-log.ts";
import type { Host, Log } from "@evenkeel/core/spi";

export interface CreateAppOptions<A extends readonly AnyMessageDefinition[]> extends Omit<AppOptions<A>, "store" | "host" | "onStopped">, Omit<PostgresOptions, "url" | "log"> {
  /**
   * The URL of a PostgreSQL database. Default: the environment's `EVENKEEL_DATABASE_URL`, else the embedded server with its data in
   * `folder`.
   */
  readonly database?: string;
  /** Where the embedded server keeps its data; default ".evenkeel" in the working directory. */
  readonly folder?: string;
  /** Receives structured log lines; default: warnings and errors on standard error. */
  readonly log?: Log;
}

/**
 * Creates an application on PostgreSQL: on the server that `database` or `EVENKEEL_DATABASE_URL` names, else on the embedded one. The
 * schema is migrated and the definitions are checked and recorded when it resolves; `start()` begins to handle messages.
 *
 * Guarantees: any number of processes may create the same application at the same time. Does not handle anything before `start()`: a
 * process that only publishes never calls it.
 *
 * Errors: every code of the areas "definition" and "configuration", `STORE_UNAVAILABLE`, `STORE_VERSION`, `PARTITIONS_FIXED`, and
 * `EmbeddedError` when the embedded server cannot be used. What it opened is closed again.
 *
 * @example
 * const app = await createApp({ services: [accounting], accepts: [OrderPlaced] });
 * await app.start();
 */
export async function createApp<const A extends readonly AnyMessageDefinition[] = readonly []>(options: CreateAppOptions<A>): Promise<App<A>> {
  checkOptions(options);
  const log = options.log ?? consoleLog();
  const host: Host = nodeHost(log);
  const { database, folder, schema, poolSize, statementTimeoutMs, retention, ...rest } = options;
  checkRetention(options);
  const server = await databaseOf(database, folder ?? ".evenkeel", log);
  try {
    const store = openPostgres({
      url: server.url, log,
      ...(schema === undefined ? {} : { schema }), ...(poolSize === undefined ? {} : { poolSize }),
      ...(statementTimeoutMs === undefined ? {} : { statementTimeoutMs }), ...(retention === undefined ? {} : { retention }),
    });
    return await createAppOn<A>({ ...rest, settings: settingsOf(rest.settings), store, host, onStopped: server.release });
  } catch (error) {
    await server.release();
    throw error;
  }
}

const NAMES: OptionNames<CreateAppOptions<readonly []>> = {
  services: true, accepts: true, ports: true, settings: true, database: true, folder: true, schema: true, poolSize: true, statementTimeoutMs: true,
  retention: true, log: true,
};

/** For those whom no compiler tells. Throws `CONFIG_INVALID`. */
function checkOptions<A extends readonly AnyMessageDefinition[]>(options: CreateAppOptions<A>): void {
  checkOptionNames("createApp", options, NAMES);
  const { services, accepts = [], ports = [], log, database, folder } = options;
  for (const [name, list] of Object.entries<unknown>({ services, accepts, ports })) {
    if (!Array.isArray(list)) refuse(name, "is no list");
    else if (list.some((one) => one === undefined || one === null)) refuse(name, "has an empty place: is it imported from a file that imports this one");
  }
  for (const [name, text] of Object.entries<unknown>({ database, folder })) if (text !== undefined && typeof text !== "string") refuse(name, "is no text");
  if (log !== undefined && typeof log !== "function") refuse("log", "is no function");
}

function refuse(option: string, why: string): never {
  throw new EvenkeelError("CONFIG_INVALID", `The option '${option}' of createApp ${why}.`, { details: { option } });
}

/** A warning for those who write handlers is of no use where they run for others. */
function settingsOf(given: SettingsInput = {}): SettingsInput {
  return process.env["NODE_ENV"] === "production" ? { warnRepeatedReads: 0, ...given } : given;
}

/** The database an application would use: for tools beside it. */
async function databaseOf(given: string | undefined, folder: string, log: Log): Promise<{ readonly url: string; release(): Promise<void> }> {
  const url = given ?? process.env["EVENKEEL_DATABASE_URL"];
  if (url === "") throw new EvenkeelError("DATABASE_URL_INVALID", "EVENKEEL_DATABASE_URL is empty: write postgresql://user:password@host:5432/database, or remove it to use the embedded server.");
  if (url !== undefined) return { url, release: () => Promise.resolve() };
  const server = await startEmbedded({ folder: resolve(folder), log: (line) => { log("info", "embedded", { line }); } });
  return { url: server.url, release: () => server.release() };
}

/** The door must remember a publish for as long as anything may still repeat what it set in motion. Throws `RETENTION_TOO_SHORT`. */
function checkRetention<A extends readonly AnyMessageDefinition[]>({ retention, settings, services }: CreateAppOptions<A>): void {
  const dedupeMs = retention?.dedupeMs ?? DEFAULT_RETENTION.dedupeMs;
  const { retry, resolveMs } = parseSettings(settings ?? {});
  const deadlines = services
    .flatMap((service) => Object.values(service.ports))
    .flatMap((port) => Object.values(port))
    .map((operation) => operation.spec.deadlineMs ?? DEFAULT_DEADLINE_MS);
  const horizons = { "the retries of a handler": retryHorizonMs(retry), "a publish in doubt": resolveMs, "a call's deadline": Math.max(0, ...deadlines) };
  for (const [what, horizonMs] of Object.entries(horizons)) {
    if (dedupeMs >= horizonMs) continue;
    throw new EvenkeelError(
      "RETENTION_TOO_SHORT",
      `The door remembers a publish for ${String(dedupeMs)} ms, and ${what} may take ${String(horizonMs)} ms: raise retention.dedupeMs, or shorten the other.`,
      { details: { dedupeMs, horizonMs, what } },
    );
  }
}
