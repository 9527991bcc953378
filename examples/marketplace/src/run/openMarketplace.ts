// Opens the marketplace on a database: the same for the process at the door and for every worker. It starts nothing.
import { createApp, type App } from "evenkeel";
import { accepts, services } from "../marketplace.ts";
import { providedCard } from "../payments/providedCard.ts";

export interface Place {
  /** The URL of a PostgreSQL database; `null`: the embedded server with its data in `folder`. */
  readonly database: string | null;
  readonly folder: string;
  /** One run, one schema: runs never meet. */
  readonly schema: string;
}

export type Marketplace = App<typeof accepts>;

export async function openMarketplace({ database, folder, schema }: Place, providerUrl: string): Promise<Marketplace> {
  return createApp({
    services, accepts, schema, folder,
    ...(database === null ? {} : { database }),
    ports: [providedCard(providerUrl)],
  });
}
