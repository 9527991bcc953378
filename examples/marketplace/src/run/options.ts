// The options of a run: read, checked, and explained. It refuses to guess what a wrong one meant.
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { STYLES, type Style } from "../marketplace.ts";
import { MarketplaceError } from "./marketplaceError.ts";
import { parseOutage, type OutagePlan } from "./outage.ts";

export interface RunOptions {
  /** Who tells whom what to do. */
  readonly style: Style;
  /** The order file; `null` for the generated sample. */
  readonly orders: string | null;
  /** How many orders and returns of the file at most. */
  readonly limit: number | null;
  readonly database: string | null;
  /** Worker processes; 0 and 1: the work is done in this process. */
  readonly workers: number;
  readonly chaos: boolean;
  /** What the provider goes through while the orders run. */
  readonly outage: OutagePlan | null;
  readonly json: boolean;
  readonly keep: boolean;
  readonly seed: number;
}

export const HELP = `Runs a marketplace over a stream of orders, and audits what came of it.

  npm start                                    a generated sample of 3,000 invoices, in half a minute
  npm start -- --orders online-retail.csv.gz   an order file, CSV or gzipped CSV
  npm start -- --chaos --seed 7                duplicates, provider faults, killed workers; then all must settle
  npm start -- --outage down:60                the provider is down for a minute while the orders run, and what that did
  npm start -- --style workflow                the same with a workflow per order, instead of services that react to each other
  npm start -- --workers 3 --json              three worker processes; the last line of the output is one JSON object

  --orders FILE    columns InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
  --style STYLE    choreography (the default) or workflow: the same shop, the same orders, the same audit
  --limit N        the first N orders and returns of the file
  --database URL   a PostgreSQL database; without it one is started with its data in .evenkeel/marketplace
  --workers N      worker processes; 0 or 1: everything in this process (default 0; with --chaos 2)
  --chaos          makes trouble while the orders run: needs worker processes, so at least 2
  --outage K:S     an outage of the provider for S seconds (default 10), measured: down (answers 503), refuse (nobody listens),
                   hang, drop (the connection, having charged), 500, decline (every card); not with --chaos
  --seed N         another sample, other declined cards, other trouble (default 1)
  --keep           leaves the run's schema in the database, to look at it
  --json           prints the result as one JSON object on the last line
  --help           this text

The JSON object: orders by outcome, messages, duplicatesAbsorbed, parked, retries, seconds, ordersPerSecond, latencyMs (publish to end),
outage, audit (checked, violations). outage is null without --outage, else: kind, seconds, requestsPerSecond (before, during and after, counted
by the provider), loadRatio (during / before), probes, mostAtOnce (requests at the provider while the breaker is open), otherServicesMs
(append to handler's commit of services without the port), otherServicesRatio (p99 during / before), held (whether load, otherServices and
deadlines keep what is promised: at most 1.1 and 1.2 of before, no late call), lateCalls (no outcome a second after the deadline), settledSeconds
(after the return). With --workers N each worker has a breaker of its own, so up to N requests go at once as probes.

Exit code 0: every order reached its end and no invariant is violated. 1: otherwise. 2: an option or the order file is wrong.
`;

/** @throws MarketplaceError `OPTION_INVALID` */
export function parseOptions(words: readonly string[]): RunOptions | "help" {
  const values = read(words);
  if (values.help === true) return "help";
  const chaos = values.chaos ?? false;
  const workers = whole("--workers", values.workers, 0, 16) ?? (chaos ? 2 : 0);
  if (chaos && workers < 2) {
    throw invalid(`--workers ${workers} with --chaos leaves nothing to kill: give at least 2, or leave --workers out.`);
  }
  if (chaos && values.outage !== undefined) {
    throw invalid("--outage with --chaos would measure the trouble of both: give one of them.");
  }
  if (values.database !== undefined && !/^postgres(ql)?:\/\/./.test(values.database)) {
    throw invalid("--database is not the URL of a PostgreSQL database: write postgresql://user:password@host:5432/database.");
  }
  if (values.orders !== undefined && !existsSync(values.orders)) {
    throw invalid(`--orders ${values.orders}: there is no such file. Check the path, or leave --orders out to use a generated sample.`);
  }
  const style = STYLES.find((one) => one === (values.style ?? "choreography"));
  if (style === undefined) throw invalid(`--style ${values.style} is no style: write one of ${STYLES.join(", ")}.`);
  return {
    style,
    orders: values.orders ?? null,
    limit: whole("--limit", values.limit, 1, Number.MAX_SAFE_INTEGER),
    database: values.database ?? null,
    workers, chaos,
    outage: values.outage === undefined ? null : parseOutage(values.outage),
    json: values.json ?? false,
    keep: values.keep ?? false,
    seed: whole("--seed", values.seed, 0, 2 ** 31 - 1) ?? 1,
  };
}

function read(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        orders: { type: "string" }, limit: { type: "string" }, database: { type: "string" }, workers: { type: "string" },
        seed: { type: "string" }, style: { type: "string" }, outage: { type: "string" },
        chaos: { type: "boolean" }, json: { type: "boolean" }, keep: { type: "boolean" }, help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw invalid(`${error instanceof Error ? error.message : String(error)}. See --help.`);
  }
}

function whole(name: string, text: string | undefined, least: number, most: number): number | null {
  if (text === undefined) return null;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw invalid(`${name} ${text} is not a whole number from ${least} to ${most}. Give one.`);
}

function invalid(message: string): MarketplaceError {
  return new MarketplaceError("OPTION_INVALID", message);
}
