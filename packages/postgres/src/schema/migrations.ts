// The schema's migrations in order: numbered, forward only. Each is additive, so that workers of the version before go on beside it; one that
// they could not live with would have to say so. It applies none.
import { breakerTables } from "./breakers.ts";
import { callControlTable } from "./call-controls.ts";
import { revivalTable } from "./revivals.ts";
import { tables } from "./tables.ts";
import { workerStallTable } from "./worker-stalls.ts";

/** Each makes its statements for a quoted schema name. */
export const MIGRATIONS: readonly ((s: string) => string)[] = [tables, callControlTable, breakerTables, workerStallTable, revivalTable];
export const LATEST_MIGRATION = MIGRATIONS.length;
