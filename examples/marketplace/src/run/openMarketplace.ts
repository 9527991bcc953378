// Opens the marketplace on a database: the same for the process at the door and for every worker. It starts nothing.
import { createApp, type App, type SettingsInput } from "evenkeel";
import { accepts, ownPorts, services, type Style } from "../marketplace.ts";
import { providedCard } from "../payments/providedCard.ts";

export interface Place {
  /** The URL of a PostgreSQL database; `null`: the embedded server with its data in `folder`. */
  readonly database: string | null;
  readonly folder: string;
  /** One run, one schema: runs never meet. */
  readonly schema: string;
  readonly style: Style;
}

/**
 * All services in one process, and a year of orders passing through them: what each keeps in memory and takes at once is bounded well
 * below the defaults, which are made for a service that has its process for itself.
 */
const SETTINGS: SettingsInput = { cacheLength: 2_000_000, maxBatch: 600, maxBatchLength: 600_000 };

export type Marketplace = App<(typeof accepts)[Style]>;

export async function openMarketplace({ database, folder, schema, style }: Place, providerUrl: string): Promise<Marketplace> {
  return createApp({
    services: services[style], accepts: accepts[style], schema, folder, settings: SETTINGS,
    ...(database === null ? {} : { database }),
    ports: [providedCard(providerUrl), ...ownPorts[style]],
  });
}
