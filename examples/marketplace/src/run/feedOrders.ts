// Feeds a file's orders to the door at the pace of their completion, so that memory does not grow with the file. Some customers
// retry, some change their mind. Returns are kept and fed once the orders are through: goods come back after they were shipped.
import { setTimeout as sleep } from "node:timers/promises";
import { groupInvoices, type Invoice } from "../data/groupInvoices.ts";
import { readOrderLines } from "../data/readOrderLines.ts";
import { seededRandom } from "../data/seededRandom.ts";
import { CancelOrder, PlaceOrder, ReturnGoods } from "../orders/messages.ts";
import { MarketplaceError } from "./marketplaceError.ts";
import type { Marketplace } from "./openMarketplace.ts";

interface FeedOptions {
  readonly file: string;
  readonly limit: number | null;
  readonly seed: number;
  /** Share of orders that are published twice under one idempotency key, as by a client that heard no answer. */
  readonly twice: number;
  /** Share of orders that their customer cancels a moment later. */
  readonly cancelled: number;
  /** Orders and returns under way at most. */
  readonly inFlight: number;
  /** Nothing ended for so long although something is under way: the run is given up. */
  readonly patienceMs: number;
  /** Orders published per second at most. */
  readonly perSecond: number;
  /** How many orders and returns have reached their end. */
  ended(): Promise<number>;
  /** Called once everything is published, before the last orders have ended. */
  onPublished?(): Promise<void>;
  /** Called now and then with what was published and what has ended. */
  onProgress(published: number, ended: number): void;
}

export interface Fed {
  readonly orders: number;
  readonly returns: number;
  readonly cancellations: number;
  readonly duplicatesAbsorbed: number;
}

const LOOK_MS = 100;

export async function feedOrders(app: Marketplace, options: FeedOptions): Promise<Fed> {
  const random = seededRandom(options.seed);
  const count = { orders: 0, returns: 0, cancellations: 0, duplicatesAbsorbed: 0 };
  const returns: Invoice[] = [];
  const gate = createGate(options);

  const place = async (invoice: Invoice, twice: boolean, cancel: boolean): Promise<void> => {
    const { invoice: orderId, customer, country, orderedAt, lines } = invoice;
    const order = PlaceOrder({ orderId, customer, country, orderedAt, lines: [...lines] });
    const first = await app.publish(order, { idempotencyKey: orderId });
    if (twice) {
      const again = await app.publish(order, { idempotencyKey: orderId });
      if (again.id === first.id && again.position === first.position) count.duplicatesAbsorbed += 1;
    }
    if (cancel) await app.publish(CancelOrder({ orderId }), { idempotencyKey: `${orderId}/cancel` });
  };

  const rows = groupInvoices(readOrderLines(options.file), options.limit === null ? {} : { limit: options.limit });
  for await (const item of rows) {
    if (item.kind === "return") returns.push(item);
    if (item.kind !== "order") continue;
    const [twice, cancel] = [random.chance(options.twice), random.chance(options.cancelled)];
    count.orders += 1;
    if (cancel) count.cancellations += 1;
    await gate.pass(place(item, twice, cancel));
  }
  await gate.drained();
  for (const { invoice: returnId, customer, orderedAt: returnedAt, lines } of returns) {
    count.returns += 1;
    await gate.pass(app.publish(ReturnGoods({ returnId, customer, returnedAt, lines: [...lines] }), { idempotencyKey: returnId }));
  }
  await options.onPublished?.();
  await gate.drained();
  return count;
}

interface Gate {
  /** Lets one more through, waiting while too many are under way. */
  pass(publishing: Promise<unknown>): Promise<void>;
  /** Resolves once everything let through has ended. */
  drained(): Promise<void>;
}

/** @throws MarketplaceError `RUN_STUCK` when nothing ends any more */
function createGate({ inFlight, perSecond, patienceMs, ended, onProgress }: FeedOptions): Gate {
  const began = performance.now();
  let passed = 0;
  let done = 0;
  let lastChange = began;
  let failure: Error | null = null;
  const publishing = new Set<Promise<unknown>>();

  const look = async (): Promise<void> => {
    if (failure !== null) throw failure;
    const now = await ended();
    if (now !== done) lastChange = performance.now();
    done = now;
    onProgress(passed, done);
    if (performance.now() - lastChange > patienceMs) {
      const what = `Nothing has ended for ${patienceMs / 1_000} s with ${passed - done} orders under way`;
      throw new MarketplaceError("RUN_STUCK", `${what}: run again with --keep and look at the parked messages.`);
    }
  };
  const pause = (): Promise<void> => sleep(LOOK_MS);

  return {
    async pass(one) {
      const tracked = one
        .catch((error: unknown) => { failure ??= error instanceof Error ? error : new Error(String(error)); })
        .finally(() => publishing.delete(tracked));
      publishing.add(tracked);
      passed += 1;
      while (passed - done >= inFlight || passed > ((performance.now() - began) / 1_000) * perSecond + 1) {
        await look();
        if (passed - done < inFlight && passed <= ((performance.now() - began) / 1_000) * perSecond + 1) break;
        await pause();
      }
    },
    async drained() {
      await Promise.all(publishing);
      lastChange = performance.now();
      await look();
      while (done < passed) {
        await pause();
        await look();
      }
    },
  };
}
