// The load of a soak run: an application of two services on an embedded database of its own, publishes at a steady rate, and a look once a
// minute. The rate does not follow the application: what it cannot keep up with shows as latency and, in the end, as messages not handled.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "@evenkeel/embedded";
import { createApp, entity, event, service } from "evenkeel";
import { z } from "zod";
import { repositoryRoot } from "../test/run-file.ts";
import type { SoakMinute, SoakReport } from "./report.ts";

interface SoakOptions { readonly minutes: number; readonly rate: number; readonly onMinute: (minute: SoakMinute) => void }

const MINUTE_MS = 60_000;
const TICK_MS = 10;
/** How long what is under way at the end may take. */
const DRAIN_MS = 60_000;
/** So many documents are written in turn: enough to leave the cache's newest ones, and few enough to meet again. */
const ACCOUNTS = 5_000;
/** More publishes than this unanswered are not added to: the process would only fill its memory. */
const MAX_UNANSWERED = 20_000;

const Payment = z.object({ account: z.string(), pence: z.number().int(), sentMs: z.number() });
const PaymentMade = event("soak.payment-made", { key: (one) => one.account, data: Payment });
const BalanceChanged = event("soak.balance-changed", { key: (one) => one.account, data: Payment });
const Account = entity("soak-account", { data: z.object({ pence: z.number().int(), payments: z.number().int() }) });

export async function runSoak({ minutes, rate, onMinute }: SoakOptions): Promise<SoakReport> {
  const folder = mkdtempSync(join(tmpdir(), "soak-"));
  const latencies: number[] = [];
  const counts = { published: 0, handled: 0, unanswered: 0, stalls: 0 };
  const ledger = service("soak-ledger", { entities: { account: Account }, emits: [BalanceChanged] }).on(PaymentMade, async (payment, { account, emit }) => {
    const before = (await account.get(payment.account)) ?? { pence: 0, payments: 0 };
    account.put(payment.account, { pence: before.pence + payment.pence, payments: before.payments + 1 });
    emit(BalanceChanged(payment));
  });
  const seen = service("soak-seen").on(BalanceChanged, ({ sentMs }) => {
    counts.handled++;
    latencies.push(performance.now() - sentMs);
  });
  // Started here, so that a database named by the environment is left alone.
  const server = await startEmbedded({ folder });
  const app = await createApp({
    database: server.url, services: [ledger, seen], accepts: [PaymentMade],
    log: (level, name, fields) => {
      if (name === "stall.found") counts.stalls++;
      if (level === "warning" || level === "error") console.error(JSON.stringify({ level, event: name, ...fields }));
    },
  });
  try {
    await app.start();
    const result: SoakMinute[] = [];
    const begun = performance.now();
    const end = begun + minutes * MINUTE_MS;
    for (let from = begun; from < end; from = performance.now()) {
      const until = Math.min(from + MINUTE_MS, end);
      const cpu = process.cpuUsage();
      const [handledBefore, stallsBefore] = [counts.handled, counts.stalls];
      latencies.length = 0;
      while (performance.now() < until) {
        const due = Math.floor(((performance.now() - begun) / 1_000) * rate);
        while (counts.published < due && counts.unanswered < MAX_UNANSWERED) {
          const account = `a-${String((counts.published * 7_919) % ACCOUNTS)}`;
          counts.published++;
          counts.unanswered++;
          // What is refused is never handled, and so counts as lost.
          void app.publish(PaymentMade({ account, pence: 1, sentMs: performance.now() }))
            .catch((error: unknown) => { console.error(String(error)); }).finally(() => { counts.unanswered--; });
        }
        await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      }
      const tookMs = performance.now() - from;
      const handled = counts.handled - handledBefore;
      const { user, system } = process.cpuUsage(cpu);
      const memory = process.memoryUsage();
      const minute: SoakMinute = {
        minute: result.length + 1, handled, perSecond: handled / (tookMs / 1_000), p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99),
        rssMb: memory.rss / 2 ** 20, heapMb: memory.heapUsed / 2 ** 20, cpuUsPerMessage: (user + system) / Math.max(1, handled),
        stalls: counts.stalls - stallsBefore,
      };
      result.push(minute);
      onMinute(minute);
    }
    const drainUntil = performance.now() + DRAIN_MS;
    while (counts.handled < counts.published && performance.now() < drainUntil) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    return {
      kind: "soak", node: process.version, lockDigest: createHash("sha256").update(readFileSync(join(repositoryRoot, "package-lock.json"))).digest("hex"),
      minutesAsked: minutes, rate, published: counts.published, lost: counts.published - counts.handled, minutes: result,
    };
  } finally {
    await app.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
