// Stocks the shop before the first order: what is on the shelf, and what everything costs in which month. Through commands at the
// door like everybody else; it refuses to write documents itself.
import type { CataloguePlan } from "../data/planCatalogue.ts";
import { StockShelf } from "../inventory/messages.ts";
import { listCatalogue } from "./listCatalogue.ts";
import type { Marketplace } from "./openMarketplace.ts";

/** One publish's worth: prices are larger than shelves. */
const SHELVES_PER_PUBLISH = 500;
const LISTS_PER_PUBLISH = 40;

/**
 * How many units a SKU begins with. `planned`: 90 % of the demand, the rule for a year of orders. `sample`: a sample asks for most SKUs
 * only a few times, so that rule would leave nearly every order short; here one SKU in fifty follows it, and the others suffice.
 */
type ShelfRule = "planned" | "sample";

interface Stocked { readonly shelves: number; readonly pages: number }

/** Resolves to the number of documents that will exist once all is handled. */
export async function stockShop(app: Marketplace, plan: CataloguePlan, rule: ShelfRule): Promise<Stocked> {
  const shelves = [...plan.skus].map(([sku, { demand, initialStock }]) => {
    const enough = rule === "sample" && Number(sku) % 50 !== 0;
    return StockShelf({ sku, units: enough ? demand : initialStock });
  });
  for (let from = 0; from < shelves.length; from += SHELVES_PER_PUBLISH) {
    await app.publishAll(shelves.slice(from, from + SHELVES_PER_PUBLISH), { idempotencyKey: `shelves/${from}` });
  }
  const { lists, pages } = listCatalogue(plan.priceMonths);
  for (let from = 0; from < lists.length; from += LISTS_PER_PUBLISH) {
    await app.publishAll(lists.slice(from, from + LISTS_PER_PUBLISH), { idempotencyKey: `prices/${from}` });
  }
  return { shelves: shelves.length, pages };
}
