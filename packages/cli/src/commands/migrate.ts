// `evenkeel migrate`: brings the schema to this version before any worker starts, as a deployment step of its own.
import { openPostgres } from "@evenkeel/postgres";
import { show, type Command } from "../command.ts";
import { logOf, openDatabase, schemaOf } from "../open-database.ts";

export const migrate: Command = {
  name: "migrate",
  summary: "creates or migrates the schema",
  positional: "",
  options: { partitions: { value: "N", help: "partitions of a new log, fixed from then on; default 8" } },
  details: [
    "Safe to repeat, and safe beside running workers. Workers do the same when they start; this is for those who want it as a step " +
    "of its own, or with a user of the database who may do more than the workers.",
  ],
  examples: ["evenkeel migrate --database postgresql://owner:password@host:5432/shop"],
  run: async (invocation) => {
    const partitions = invocation.given.whole("partitions", 1, 256) ?? null;
    const place = await openDatabase(invocation, true);
    try {
      const schema = schemaOf(invocation);
      const store = openPostgres({ url: place.url, log: logOf(invocation), poolSize: 2, ...(schema === undefined ? {} : { schema }) });
      try {
        const prepared = await store.prepare({ partitions, groups: [], entities: [], schemas: [] });
        const result = { schema: schema ?? "evenkeel", partitions: prepared.partitions };
        show(invocation, result, `The schema '${result.schema}' is ready, with ${String(result.partitions)} partitions.\n`);
        return 0;
      } finally {
        await store.close();
      }
    } finally {
      await place.release();
    }
  },
};
