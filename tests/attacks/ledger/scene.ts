// A scene: a ledger on PostgreSQL in a schema of its own, its bank, and processes of it. One call ends all of it.
import { randomBytes } from "node:crypto";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import type { Store } from "@evenkeel/core/spi";
import { audit, readBank, settle } from "./audit.ts";
import { createLedger, httpBank, type Ledger, type Misbehaviour } from "./ledger-app.ts";
import { nursery, type Child, type Line } from "./processes.ts";
import type { Flavours, PublisherTask, WorkerTask } from "./task.ts";

export interface SceneOptions {
  readonly url: string;
  readonly seed: number;
  readonly flavours: Flavours;
  /** Where workers connect; default: `url`. */
  readonly workerUrl?: string;
  /** The bank holds every request until it is released. */
  readonly bankHolds?: boolean;
}

export interface Scene {
  readonly seed: number;
  /** The ledger in this process; it publishes and reads, and does no work. */
  readonly app: Ledger;
  readonly store: Store;
  /** The last number that was confirmed to a publisher, by account. */
  readonly confirmed: Map<string, number>;
  readonly skipped: Set<string>;
  /** Resolves when a request is held at the bank. */
  bankIsAsked(): Promise<unknown>;
  releaseBank(): void;
  /** Posts that were confirmed. */
  posts(): number;
  worker(options?: Partial<WorkerTask>): Child;
  /** A worker in this process, whose handlers the test can reach. */
  localWorker(misbehaviour: Misbehaviour): Promise<void>;
  /** Continues every account where confirmations ended. */
  publisher(accounts: readonly string[], task: Omit<PublisherTask, "accounts">, options?: Partial<WorkerTask>): Child;
  sql(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Waits until all is done and returns what the audit finds wrong, in words. */
  faults(limitMs?: number): Promise<readonly string[]>;
  end(): Promise<void>;
}

export async function openScene(options: SceneOptions): Promise<Scene> {
  const schema = `attack_${randomBytes(5).toString("hex")}`;
  const children = nursery();
  const bank = children.start("bank", "provider-process.ts", { ATTACK_SEED: String(options.seed), ATTACK_BANK_HOLDS: options.bankHolds === true ? "yes" : "no" });
  const bankUrl = String((await bank.said("ready"))["url"]);
  const host = nodeHost(() => undefined);
  const store = openPostgres({ url: options.url, schema, poolSize: 4, log: host.log });
  const app = await createLedger({ store, host, bank: httpBank(bankUrl) });
  const confirmed = new Map<string, number>();
  const skipped = new Set<string>();
  const locals: Ledger[] = [];
  let started = 0;

  function start(name: string, task: Partial<WorkerTask>, onLine?: (line: Line) => void): Child {
    const whole: WorkerTask = {
      url: options.workerUrl ?? options.url, schema, bank: bankUrl, seed: options.seed + ++started, flavours: options.flavours, publish: null, ...task,
    };
    // Whoever is held at the bank is held for as long as the test wants.
    const patience = options.bankHolds === true ? { ATTACK_BANK_TIMEOUT_MS: "60000" } : {};
    return children.start(`${name} ${String(started)}`, "worker-process.ts", { ATTACK_TASK: JSON.stringify(whole), ...patience }, onLine);
  }

  const sql: Scene["sql"] = async (text) =>
    (await store.transaction(async (session) => ({ value: await session.query(text.replaceAll("$schema", `"${schema}"`)), calls: [] }))).value;

  async function leases(): Promise<string> {
    const { workers, leases: held } = await store.roster();
    return JSON.stringify({ workers: workers.map((one) => one.id.slice(-4)), leases: held.map((one) => `${one.group}/${String(one.partition)}@${String(one.epoch)}:${one.worker?.slice(-4) ?? "-"}`) });
  }

  return {
    seed: options.seed, app, store, confirmed, skipped, sql,
    bankIsAsked: () => bank.said("holding"),
    releaseBank: () => { bank.tell("release\n"); },
    posts: () => [...confirmed.values()].reduce((total, n) => total + n, 0),
    worker: (task = {}) => start("worker", task),
    localWorker: async (misbehaviour) => {
      const mine = openPostgres({ url: options.url, schema, poolSize: 5, log: host.log });
      const local = await createLedger({ store: mine, host, bank: httpBank(bankUrl), misbehaviour });
      locals.push(local);
      await local.start();
    },
    publisher: (accounts, task, more = {}) => start(
      "publisher",
      { ...more, publish: { ...task, accounts: accounts.map((account) => ({ account, confirmed: confirmed.get(account) ?? 0 })) } },
      ({ confirmed: done }) => { if (Array.isArray(done)) confirmed.set(String(done[0]), Number(done[1])); },
    ),
    faults: async (limitMs = 60_000) => {
      const expected = { accounts: confirmed, flavours: options.flavours, skipped };
      const pending = await settle(app, store, expected, limitMs);
      if (pending !== null) return [`still pending after ${String(limitMs)} ms: ${pending}`, await leases(), ...children.errors()];
      return audit(store, expected, await readBank(bankUrl));
    },
    end: async () => {
      await Promise.all(locals.map((local) => local.stop()));
      await children.endAll();
      await sql("drop schema if exists $schema cascade").catch(() => undefined);
      await app.stop();
    },
  };
}
