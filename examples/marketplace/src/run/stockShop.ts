// Stocks the shop before the first order: what is on the shelf, and what everything costs in which month. Through commands at the
// door like everybody else; it refuses to write documents itself.
import type { CataloguePlan } from "../data/planCatalogue.ts";
import { StockShelf } from "../inventory/messages.ts";
import { ListPrices } from "../orders/messages.ts";
import type { Marketplace } from "./openMarketplace.ts";

/** One publish's worth. A command carries about so many price changes at most, so that none grows beyond bounds. */
const COMMANDS_PER_PUBLISH = 500;
const CHANGES_PER_COMMAND = 200;

type StockCommand = ReturnType<typeof StockShelf> | ReturnType<typeof ListPrices>;

/**
 * How many units a SKU begins with. `planned`: 90 % of the demand, the rule for a year of orders. `sample`: a sample asks for most SKUs
 * only a few times, so that rule would leave nearly every order short; here one SKU in fifty follows it, and the others suffice.
 */
type ShelfRule = "planned" | "sample";

interface Stocked { readonly shelves: number; readonly prices: number }

/** Resolves to the number of documents that will exist once all is handled. */
export async function stockShop(app: Marketplace, plan: CataloguePlan, rule: ShelfRule): Promise<Stocked> {
  let batch: StockCommand[] = [];
  let prices = 0;
  let number = 0;
  const flush = async (): Promise<void> => {
    await app.publishAll(batch, { idempotencyKey: `stock/${number}` });
    number += 1;
    batch = [];
  };
  for (const [sku, { demand, initialStock }] of plan.skus) {
    const enough = rule === "sample" && Number(sku) % 50 !== 0;
    batch.push(StockShelf({ sku, units: enough ? demand : initialStock }));
    for (const months of inPortions(plan.priceMonths.get(sku) ?? new Map())) {
      prices += months.length;
      batch.push(ListPrices({ sku, months }));
    }
    if (batch.length >= COMMANDS_PER_PUBLISH) await flush();
  }
  if (batch.length > 0) await flush();
  return { shelves: plan.skus.size, prices };
}

type Months = Parameters<typeof ListPrices>[0]["months"];

function* inPortions(months: ReadonlyMap<string, Months[number]["changes"]>): Generator<Months, void, undefined> {
  let portion: Months = [];
  let changes = 0;
  for (const [month, inMonth] of months) {
    if (portion.length > 0 && changes + inMonth.length > CHANGES_PER_COMMAND) {
      yield portion;
      portion = [];
      changes = 0;
    }
    portion.push({ month, changes: inMonth });
    changes += inMonth.length;
  }
  if (portion.length > 0) yield portion;
}
