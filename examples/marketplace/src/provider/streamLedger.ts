// Writes the ledger as NDJSON at the pace of its reader. Entries added after it began are left out; it refuses to hold them up.
import type { ServerResponse } from "node:http";
import type { LedgerEntry } from "./contract.ts";

const LINES_PER_WRITE = 500;

export async function streamLedger(ledger: readonly LedgerEntry[], response: ServerResponse): Promise<void> {
  const until = ledger.length;
  let refunds = 0;
  response.on("error", () => undefined); // the reader went away; the loop sees it as `destroyed`
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  for (let from = 0; from < until; from += LINES_PER_WRITE) {
    let text = "";
    for (const entry of ledger.slice(from, Math.min(until, from + LINES_PER_WRITE))) {
      if (entry.kind === "refunded") refunds += 1;
      text += `${JSON.stringify(entry)}\n`;
    }
    if (!response.write(text)) await writableOrGone(response);
    if (response.destroyed) return;
  }
  response.end(`${JSON.stringify({ kind: "end", charges: until - refunds, refunds })}\n`);
}

function writableOrGone(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off("drain", go).off("close", go);
      resolve();
    };
    response.on("drain", go).on("close", go);
  });
}
