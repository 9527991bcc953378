// One plain connection, and the few statements that several of the least answers share.
import pg from "pg";
import type { Context, Payload, Range } from "../../harness/contract.ts";

export async function connect(context: Context): Promise<pg.Client> {
  const client = new pg.Client(context.url);
  await client.connect();
  return client;
}

export async function run(context: Context, sql: string): Promise<void> {
  const client = await connect(context);
  await client.query(sql);
  await client.end();
}

export async function count(context: Context, sql: string): Promise<number> {
  const client = await connect(context);
  const { rows } = await client.query<{ n: string }>(sql);
  await client.end();
  return Number(rows[0]?.n);
}

/** Appends in batches of 10,000, one statement and one commit each. JSON has no raw line breaks, so one text that the
 *  server splits is the cheapest way to send many values; an array of text would be quoted and parsed once more. */
export async function append(context: Context, range: Range): Promise<void> {
  const size = 10_000;
  const client = await connect(context);
  for (let first = range.first; first < range.first + range.count; first += size) {
    const lines: string[] = [];
    for (let n = first; n < Math.min(first + size, range.first + range.count); n++)
      lines.push(JSON.stringify(context.payload(n)));
    await client.query({
      name: "append",
      text: "insert into message (payload) select line from string_to_table($1, E'\\n') as line",
      values: [lines.join("\n")],
    });
  }
  await client.end();
}

/** The batch as one JSON array: one row on the wire and one JSON.parse instead of thousands. */
export const batchOf = "'[' || string_agg(payload, ',' order by id) || ']'";

export function parsePayload(text: string): Payload {
  const payload: Payload = JSON.parse(text);
  return payload;
}

export function parseBatch(text: string): Payload[] {
  const values: Payload[] = JSON.parse(text);
  return values;
}
