// The public names of @evenkeel/postgres, listed by hand.
export { openPostgres, DEFAULT_RETENTION } from "./store.ts";
export type { PostgresOptions } from "./store.ts";
export type { Retention } from "./maintain.ts";
export { nodeHost } from "./node-host.ts";
