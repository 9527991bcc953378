// The operator's side of the provider, for demonstrations, tests and the audit: faults, health, ledger. The marketplace's services
// refuse to use it.
import { request as httpRequest, type IncomingMessage } from "node:http";
import { Faults, Health, LedgerLine, Traffic, type FaultSwitches, type LedgerEntry } from "./contract.ts";
import { exchange } from "./exchange.ts";
import { ProviderError } from "./providerError.ts";

/** Sets all fault switches; what is left out is switched off. Resolves to the switches in force. */
export async function setFaults(url: string, faults: FaultSwitches): Promise<Faults> {
  const { status, text } = await exchange({ url, method: "PUT", path: "/faults", body: faults });
  if (status !== 200) throw new ProviderError("PROVIDER_REJECTED_REQUEST", "PUT /faults", `${text.slice(0, 300)} Correct the switches`);
  return Faults.parse(JSON.parse(text));
}

export async function readHealth(url: string): Promise<Health> {
  return Health.parse(JSON.parse((await exchange({ url, method: "GET", path: "/health" })).text));
}

/** What has reached the provider so far, counted there. */
export async function readTraffic(url: string): Promise<Traffic> {
  return Traffic.parse(JSON.parse((await exchange({ url, method: "GET", path: "/traffic" })).text));
}

/**
 * Streams every captured charge and every refund, in the order in which they happened.
 *
 * @throws ProviderError when the stream ends before its end line, so that an audit never passes on half a ledger
 */
export async function* readLedger(url: string): AsyncGenerator<LedgerEntry, void, undefined> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(`${url}/ledger`).on("response", resolve).on("error", reject).end();
  });
  response.setEncoding("utf8");
  let entries = 0;
  let rest = "";
  let cause: unknown = "no end line that agrees with the entries";
  try {
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const entry = LedgerLine.parse(JSON.parse(line));
        if (entry.kind !== "end") {
          entries += 1;
          yield entry;
        } else if (entry.charges + entry.refunds === entries) return;
      }
    }
  } catch (error) {
    cause = error;
  } finally {
    response.destroy();
  }
  throw new ProviderError("PROVIDER_CONNECTION_LOST", "GET /ledger", `The ledger was cut short after ${entries} entries. Read it again`, { cause });
}
