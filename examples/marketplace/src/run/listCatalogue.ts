// A catalogue's prices as commands: each lists SKUs of one page in one month, and no more than a message can bear. It refuses to send them.
import type { CataloguePlan } from "../data/planCatalogue.ts";
import { ListMonth } from "../orders/messages.ts";
import { pageKey } from "../orders/pageOf.ts";

/** Some 10,000 characters. Of one SKU's month nothing is split off, however many there are, since a SKU listed again is replaced. */
const CHANGES_PER_LIST = 200;

interface Listing {
  readonly lists: readonly ReturnType<typeof ListMonth>[];
  /** How many pages there are once all are handled. */
  readonly pages: number;
}

interface Draft { readonly month: string; readonly prices: Parameters<typeof ListMonth>[0]["prices"]; changes: number }

export function listCatalogue(priceMonths: CataloguePlan["priceMonths"]): Listing {
  const drafts: Draft[] = [];
  /** The one of each page that is not full. */
  const open = new Map<string, Draft>();
  for (const [sku, months] of priceMonths) {
    for (const [month, changes] of months) {
      const page = pageKey(sku, month);
      let draft = open.get(page);
      if (draft === undefined || draft.changes + changes.length > CHANGES_PER_LIST) {
        draft = { month, prices: [], changes: 0 };
        drafts.push(draft);
        open.set(page, draft);
      }
      draft.prices.push({ sku, changes });
      draft.changes += changes.length;
    }
  }
  return { lists: drafts.map(({ month, prices }) => ListMonth({ month, prices })), pages: open.size };
}
