// A running marketplace for tests: its own schema on the runner's server, its own payment provider, no process of its own.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import { createApp, type App, type ProvidedPort } from "evenkeel";
import { audit, type AuditReport } from "../audit/audit.ts";
import { StockShelf } from "../inventory/messages.ts";
import { accepts, ownPorts, services, type Style } from "../marketplace.ts";
import { ListPrices, OrderFailing, PlaceOrder } from "../orders/messages.ts";
import { PricePage } from "../orders/entities.ts";
import { pageKey } from "../orders/pageOf.ts";
import { providedCard } from "../payments/providedCard.ts";
import type { FaultSwitches, LedgerEntry } from "../provider/contract.ts";
import { readLedger, readTraffic, setFaults } from "../provider/operate.ts";
import { createProvider } from "../provider/server.ts";
import { entityTable, type Rows } from "../run/tables.ts";

/** A test may also say that an order fails, which in the shop only the orders service says. */
const acceptedInTests = { choreography: [...accepts.choreography, OrderFailing], workflow: accepts.workflow } as const;

export interface Scene {
  readonly app: App<(typeof acceptedInTests)[Style]>;
  readonly schema: string;
  /** Puts SKUs on the shelf with one price for all time, and waits until they are there. */
  stock(shelves: Readonly<Record<string, { readonly units: number; readonly pence: number }>>): Promise<void>;
  place(orderId: string, lines: Readonly<Record<string, number>>, of?: { readonly customer?: string | null; readonly country?: string }): Promise<void>;
  /** The document's body as last committed. */
  read(entity: string, key: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Waits until the order or return has this status. */
  reaches(entity: "order" | "goods_return", key: string, status: string): Promise<Readonly<Record<string, unknown>>>;
  query(text: string, values?: readonly unknown[]): Promise<Rows>;
  faults(switches: FaultSwitches): Promise<void>;
  ledger(): Promise<readonly LedgerEntry[]>;
  /** What has reached the provider so far. */
  requests(): Promise<number>;
  audit(): Promise<AuditReport>;
  close(): Promise<void>;
}

const MONTH = "2011-03";
export const ORDERED_AT = "2011-03-04T10:00:00.000Z";
const PATIENCE_MS = 120_000;

/** @param card replaces the card port's implementation over the provider's client */
export async function openScene(card?: ProvidedPort, style: Style = "choreography"): Promise<Scene> {
  const schema = `test_market_${randomBytes(5).toString("hex")}`;
  const provider = createProvider();
  const url = await listen(provider);
  const app = await createApp({
    services: services[style], schema, database: testDatabase(), accepts: acceptedInTests[style], ports: [card ?? providedCard(url), ...ownPorts[style]],
    log: () => undefined, settings: { leaseMs: 1_000 },
  });
  await app.start();
  const query: Scene["query"] = (text, values) => app.transaction((sql) => sql.query(text, values));
  const read: Scene["read"] = async (entity, key) => {
    const [row] = await query(`select body from ${entityTable(schema, entity)} where key = $1`, [key]);
    const body = row?.["body"];
    return typeof body === "object" && body !== null ? { ...body } : undefined;
  };
  return {
    app, schema, query, read,
    async stock(shelves) {
      for (const [sku, { units, pence }] of Object.entries(shelves)) {
        await app.publishAll([
          StockShelf({ sku, units }),
          ListPrices({ sku, months: [{ month: MONTH, changes: [{ from: `${MONTH}-01T00:00:00.000Z`, pence }] }] }),
        ]);
      }
      for (const sku of Object.keys(shelves)) {
        await until(`${sku} on the shelf, with a price`, async () => {
          const page = await app.read(PricePage, pageKey(sku, MONTH));
          return page?.prices.some((one) => one.sku === sku) === true && (await read("stock", sku)) !== undefined;
        });
      }
    },
    async place(orderId, lines, { customer = "c-1", country = "United Kingdom" } = {}) {
      const list = Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity }));
      await app.publish(PlaceOrder({ orderId, customer, country, orderedAt: ORDERED_AT, lines: list }), { idempotencyKey: orderId });
    },
    async reaches(entity, key, status) {
      let last: Readonly<Record<string, unknown>> | undefined;
      await until(() => `${key} to be ${status}; it is ${JSON.stringify(last)}`, async () => {
        last = await read(entity, key);
        return last?.["status"] === status;
      });
      return last ?? {};
    },
    faults: async (switches) => { await setFaults(url, switches); },
    requests: async () => (await readTraffic(url)).buckets.reduce((sum, [, requests]) => sum + requests, 0),
    async ledger() {
      const entries: LedgerEntry[] = [];
      for await (const entry of readLedger(url)) entries.push(entry);
      return entries;
    },
    audit: () => audit(app, schema, style, readLedger(url)),
    async close() {
      await app.stop();
      const office = await createApp({ services: [], schema, database: testDatabase(), log: () => undefined });
      await office.transaction((sql) => sql.query(`drop schema "${schema}" cascade`));
      await office.stop();
      provider.closeAllConnections();
      provider.close();
      await once(provider, "close");
    },
  };
}

export async function until(what: string | (() => string), done: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`Waited ${PATIENCE_MS / 1_000} s for ${typeof what === "string" ? what : what()}.`);
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}

export function testDatabase(): string {
  const url = process.env["EVENKEEL_TEST_DATABASE_URL"];
  if (url === undefined || url === "") throw new Error("EVENKEEL_TEST_DATABASE_URL is not set: run this file with `npm test -- marketplace`.");
  return url;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The provider listens on no port.");
  return `http://127.0.0.1:${address.port}`;
}
