// latency: insert and notify in one transaction; the listener takes what is there in a transaction that the handler runs in.
import { connect, parsePayload, run } from "./connection.ts";
import type { LatencyTask } from "../../harness/contract.ts";

export const latency: LatencyTask = {
  traits: {
    version: "none",
    settings:
      "insert + notify in one transaction, listen, then begin and delete … returning in one message, handler inside that transaction",
    validation: false,
    perMessageFailure: true,
    guarantee: "exactly once for effects in the same transaction",
  },
  variants: ["one statement (CTE with pg_notify)", "two statements in one message"],
  prepare: (context) => run(context, "create table message (payload text not null)"),
  async publisher(context) {
    const client = await connect(context);
    const two = context.variant.startsWith("two");
    return {
      async publish(payload) {
        const text = JSON.stringify(payload);
        if (context.pooled) await client.query("insert into message values ($1)", [text]);
        else if (two) await client.query(`insert into message values (${client.escapeLiteral(text)}); notify message`);
        else
          await client.query({
            name: "publish",
            text: "with inserted as (insert into message values ($1)) select pg_notify('message', '')",
            values: [text],
          });
      },
      close: () => client.end(),
    };
  },
  async work(context, handle) {
    const client = await connect(context);
    let stopping = false;
    let busy = false;
    let again = false;
    let taking: Promise<void> = Promise.resolve();
    const take = async (): Promise<void> => {
      do {
        again = false;
        const result: unknown = await client.query("begin; delete from message returning payload");
        // Two statements in one message give two results; only the second one has rows.
        const rows = Array.isArray(result) ? rowsIn(result[1]) : [];
        for (const text of rows) await handle(parsePayload(text));
        await client.query("commit");
      } while (again);
    };
    const wake = (): void => {
      if (stopping) return;
      if (busy) {
        again = true;
        return;
      }
      busy = true;
      taking = take().finally(() => (busy = false));
    };
    const timer = context.pooled ? setInterval(wake, context.pollIntervalMs) : null;
    if (!context.pooled) {
      client.on("notification", wake);
      await client.query("listen message");
    }
    wake();
    return {
      async stop() {
        stopping = true;
        if (timer !== null) clearInterval(timer);
        await taking;
        await client.end();
      },
    };
  },
};

function rowsIn(result: unknown): string[] {
  if (typeof result !== "object" || result === null || !("rows" in result) || !Array.isArray(result.rows)) return [];
  return result.rows.map((row: unknown) =>
    typeof row === "object" && row !== null && "payload" in row ? String(row.payload) : "",
  );
}
