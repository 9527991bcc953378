// One run: a database schema of its own, a payment provider, workers, a shop to stock, orders to feed, trouble if wanted, the audit.
// Whatever happens, it leaves no process and (unless told to keep it) no schema behind.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { audit, type AuditReport } from "../audit/audit.ts";
import { writeSample } from "../data/generateSample.ts";
import { planCatalogue } from "../data/planCatalogue.ts";
import type { PlanCounts } from "../data/planCounts.ts";
import { cardServices } from "../marketplace.ts";
import { readLedger, readTraffic } from "../provider/operate.ts";
import { startProvider, type Provider } from "../provider/start.ts";
import { startChaos } from "./chaos.ts";
import { feedOrders, type Fed } from "./feedOrders.ts";
import { readFigures, type Figures } from "./figures.ts";
import { MarketplaceError } from "./marketplaceError.ts";
import { openMarketplace, type Marketplace, type Place } from "./openMarketplace.ts";
import type { RunOptions } from "./options.ts";
import { secondsOf, startOutage } from "./outage.ts";
import { outageReport, type OutageReport } from "./outageReport.ts";
import { watchOutage } from "./outageWatch.ts";
import type { Progress } from "./progress.ts";
import { stockShop } from "./stockShop.ts";
import { countDocuments } from "./tables.ts";
import { workOf, type Work } from "./workOf.ts";
import { startWorkers } from "./workers.ts";

export interface RunResult {
  readonly schema: string;
  readonly rows: PlanCounts;
  readonly fed: Fed;
  readonly figures: Figures;
  readonly retries: number;
  readonly kills: number;
  /** Null for a run without one. */
  readonly outage: OutageReport | null;
  readonly audit: AuditReport;
}

/** Some cards are declined, as everywhere. */
const DECLINED = 0.02;
const CANCELLED = 0.01;
const TWICE = { calm: 0.05, chaos: 0.25 };
/** More would only wait longer, and be in memory meanwhile. */
const IN_FLIGHT = 500;
/** Enough that most of a run is not its beginning, when nothing is compiled yet. */
const SAMPLE_INVOICES = 3_000;
/** Trouble needs time to meet the orders: with chaos a run's orders are spread over at least so long. */
const CHAOS_SECONDS = 10;
/** Nothing ended for so long although something is under way: the run is given up. With an outage it may take that much longer. */
const PATIENCE_MS = 60_000;

interface RunTools {
  readonly folder: string;
  readonly progress: Progress;
  /** Aborts the run; it cleans up and rejects. */
  readonly signal?: AbortSignal;
}

export async function runMarketplace(options: RunOptions, tools: RunTools): Promise<RunResult> {
  const cleanups: (() => Promise<unknown>)[] = [];
  try {
    return await run(options, tools, (cleanup) => cleanups.push(cleanup));
  } finally {
    for (const cleanup of cleanups.reverse()) {
      await cleanup().catch((error: unknown) => {
        tools.progress.say(`Cleaning up failed: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  }
}

type Later = (cleanup: () => Promise<unknown>) => void;

async function run(options: RunOptions, { folder, progress, signal }: RunTools, later: Later): Promise<RunResult> {
  const schema = `marketplace_${Date.now().toString(36)}_${process.pid}_${randomBytes(3).toString("hex")}`;
  const place: Place = { database: options.database, folder, schema, style: options.style };
  const file = options.orders ?? (await sampleFile(options.seed, later));
  const limit = options.limit === null ? {} : { limit: options.limit };
  progress.at(`reading ${file}`);
  const plan = await planCatalogue(file, limit);

  const provider = await startProvider();
  later(() => provider.stop());
  const always = { decline: DECLINED, seed: options.seed };
  await provider.setFaults(always);

  // The office never works on messages: it looks, counts, audits, and clears up at the end.
  progress.at("opening the database");
  const office = await openMarketplace(place, provider.url);
  later(() => office.stop());
  if (!options.keep) later(() => office.transaction((sql) => sql.query(`drop schema "${schema}" cascade`)));
  const { app, stopWorking, workers } = await startWorking(options.workers, place, provider, office);
  let work: Work | null = null;
  later(async () => { if (work === null) await stopWorking(); });

  progress.at("stocking the shop");
  const stocked = await stockShop(app, plan, options.orders === null ? "sample" : "planned");
  await until(async () => (await countDocuments(office, schema, "stock")) >= stocked.shelves, signal);
  await until(async () => (await countDocuments(office, schema, "price_page")) >= stocked.pages, signal);
  const { counts } = plan;
  plan.skus.clear();
  plan.priceMonths.clear();

  const total = counts.orders + counts.returns;
  const chaos = options.chaos ? startChaos({ seed: options.seed, provider, workers, always, say: progress.say }) : null;
  const watch = options.outage === null ? null : await watchOutage(office, schema, cardServices[options.style]);
  const outage = options.outage === null ? null : startOutage({ plan: options.outage, provider, always, say: progress.say });
  later(async () => { await outage?.stop(); });
  const fed = await feedOrders(app, {
    file, limit: options.limit, seed: options.seed, cancelled: CANCELLED,
    twice: options.chaos ? TWICE.chaos : TWICE.calm,
    // Behind an outage orders wait, and others must still come.
    inFlight: outage === null ? IN_FLIGHT : Number.POSITIVE_INFINITY,
    perSecond: options.outage !== null ? counts.orders / secondsOf(options.outage)
      : options.chaos ? Math.ceil(total / CHAOS_SECONDS) : Number.POSITIVE_INFINITY,
    patienceMs: PATIENCE_MS + (options.outage?.seconds ?? 0) * 1_000,
    onPublished: async () => { await chaos?.stop(); },
    ended: () => countDocuments(office, schema, "notification"),
    onProgress: (published, ended) => {
      signal?.throwIfAborted();
      progress.at(`orders and returns: ${published} of ${total} placed, ${ended} ended`);
    },
  });
  const times = await outage?.over;
  progress.at("stopping the workers");
  work = await stopWorking();
  const figures = await readFigures(office, schema);
  const { probes } = work;
  const seen = options.outage === null || watch === null || times === undefined ? null
    : outageReport(options.outage, times, await readTraffic(provider.url), await watch.read(times), probes);
  progress.at("auditing");
  const report = await audit(office, schema, options.style, readLedger(provider.url));
  progress.end();
  return { schema, rows: counts, fed, figures, retries: work.retries, kills: chaos?.kills ?? 0, outage: seen, audit: report };
}

async function startWorking(count: number, place: Place, provider: Provider, office: Marketplace) {
  if (count > 1) {
    const workers = await startWorkers(count, place, provider.url);
    return { app: office, workers, stopWorking: () => workers.stop() };
  }
  const app = await openMarketplace(place, provider.url);
  await app.start();
  const stopWorking = async (): Promise<Work> => {
    const work = workOf(app.stats);
    await app.stop();
    return work;
  };
  return { app, workers: null, stopWorking };
}

async function sampleFile(seed: number, later: Later): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "marketplace-"));
  later(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "sample.csv");
  await writeSample(file, { seed, invoices: SAMPLE_INVOICES });
  return file;
}

const STOCK_PATIENCE_MS = 120_000;

async function until(done: () => Promise<boolean>, signal: AbortSignal | undefined): Promise<void> {
  const deadline = performance.now() + STOCK_PATIENCE_MS;
  while (!(await done())) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) {
      throw new MarketplaceError("RUN_STUCK", `The shop was not stocked within ${STOCK_PATIENCE_MS / 1_000} s: look at the log lines above.`);
    }
    await sleep(20);
  }
}
