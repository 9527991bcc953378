// The payment provider as an HTTP server: routes, bodies, faults on the wire. What is charged and what is kept is decided in
// `accounts` and `performOnce`; this file refuses to decide it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { z } from "zod";
import { createAccounts, type Accounts } from "./accounts.ts";
import { ChargeBody, Faults, RefundBody, type Health, type Problem } from "./contract.ts";
import { faultPlan, NO_FAULTS, type Fault, type FaultPlan } from "./faultPlan.ts";
import { openJournal } from "./journal.ts";
import { streamLedger } from "./streamLedger.ts";
import { countTraffic } from "./traffic.ts";
import { onceOnly, type OnceOnly, type Outcome } from "./performOnce.ts";

const MAX_BODY_BYTES = 64 * 1024;
const MAX_KEY_CHARS = 200;

/**
 * Creates the server; the caller listens and closes.
 *
 * | request | answer |
 * | --- | --- |
 * | `POST /charges`, `POST /refunds` with `Idempotency-Key` | 200 done, 402 declined, 422 refused, 409 key with another body |
 * | `GET /charges/by-key/:key`, `GET /refunds/by-key/:key` | 200 the record, 202 still processing, 404 absent |
 * | `GET /ledger` | NDJSON of captures and refunds in order, with an end line |
 * | `GET /health`, `GET /traffic`, `PUT /faults` | 200 |
 *
 * 404 by key says: not performed and not in processing. A request still travelling is not known here, so the one safe use of 404
 * is to send the same key again, or to give the key up only after its connection is closed.
 *
 * @param options.journal file that outlives the process; without it the provider forgets when it ends
 */
export function createProvider(options: { readonly journal?: string } = {}): Server {
  const accounts = createAccounts();
  const journal = options.journal === undefined ? null : openJournal(options.journal, accounts.keep);
  const traffic = countTraffic();
  let plan = faultPlan(NO_FAULTS);
  let refusing = false;

  const charges = onceOnly<ChargeBody, NonNullable<ReturnType<Accounts["charge"]>>>({
    find: accounts.charge,
    sameBody: (a, b) => a.pence === b.pence && a.orderId === b.orderId && a.customer === b.customer,
    perform(key, body) {
      const record = accounts.judgeCharge(key, body, plan.declineReason(key, body));
      journal?.write(record);
      accounts.keep(record);
      return record;
    },
  });
  const refunds = onceOnly<RefundBody, NonNullable<ReturnType<Accounts["refund"]>>>({
    find: accounts.refund,
    sameBody: (a, b) => a.pence === b.pence && a.chargeKey === b.chargeKey,
    perform(key, body) {
      const record = accounts.judgeRefund(key, body);
      if (record === null) return null;
      journal?.write(record);
      accounts.keep(record);
      return record;
    },
  });

  const server = createServer((request, response) => {
    const { method, url = "" } = request;
    if (method === "GET" && url === "/health") return answer(response, 200, health());
    if (method === "GET" && url === "/ledger") return void streamLedger(accounts.ledger, response);
    if (method === "PUT" && url === "/faults") {
      return withBody(request, response, Faults, (faults) => {
        plan = faultPlan(faults);
        if (faults.refuseForMs > 0) response.once("finish", () => refuseFor(faults.refuseForMs));
        answer(response, 200, faults);
      });
    }
    if (method === "GET" && url === "/traffic") return answer(response, 200, traffic.read());
    traffic.arrived(url, response);
    if (plan.faults.down) return refuse(response, 503, "DOWN", "The provider is down and performed nothing. Try again later with the same key.");
    if (method === "POST" && url === "/charges") return perform(request, response, "charge", ChargeBody, charges, () => plan);
    if (method === "POST" && url === "/refunds") return perform(request, response, "refund", RefundBody, refunds, () => plan);
    if (method === "GET" && url.startsWith("/charges/by-key/")) return find(response, url.slice(16), accounts.charge, charges, plan);
    if (method === "GET" && url.startsWith("/refunds/by-key/")) return find(response, url.slice(16), accounts.refund, refunds, plan);
    refuse(response, 404, "NOT_FOUND", `There is no ${method ?? ""} ${url.slice(0, 100)} here.`);
  });
  // Longer than any pause of a busy client: a connection closed just as a request leaves would be an unknown outcome.
  server.keepAliveTimeout = 60_000;
  server.on("close", () => {
    if (!refusing) journal?.close();
  });
  return server;

  /** Stops listening for a while, at the same address: whoever connects meanwhile is refused by the operating system. */
  function refuseFor(ms: number): void {
    const address = server.address();
    if (refusing || address === null || typeof address === "string") return;
    refusing = true;
    server.close();
    // The answer to the switches is on its way.
    setTimeout(() => server.closeAllConnections(), 20);
    setTimeout(() => server.listen(address.port, address.address, () => { refusing = false; }), ms);
  }

  function health(): Health {
    const captured = accounts.ledger.reduce((sum, entry) => sum + (entry.kind === "captured" ? 1 : 0), 0);
    return {
      kind: plan.faults.down ? "down" : "up",
      captured,
      declined: accounts.declined,
      refunded: accounts.ledger.length - captured,
      processing: charges.processing + refunds.processing,
    };
  }
}

function perform<Body, Kept extends { readonly kind: string }>(
  request: IncomingMessage,
  response: ServerResponse,
  operation: "charge" | "refund",
  schema: z.ZodType<Body>,
  once: OnceOnly<Body, Kept>,
  plan: () => FaultPlan,
): void {
  const key = request.headers["idempotency-key"];
  if (typeof key !== "string" || key === "" || key.length > MAX_KEY_CHARS) {
    request.resume();
    return refuse(response, 400, "BAD_REQUEST", `The header Idempotency-Key is missing or longer than ${MAX_KEY_CHARS} characters. Send the business key of this ${operation}.`);
  }
  withBody(request, response, schema, (body) => {
    // Asked again, now that the body is here: it may have arrived slowly.
    if (plan().faults.down) return refuse(response, 503, "DOWN", "The provider is down and performed nothing. Try again later with the same key.");
    if (once.conflicts(key, body)) return refuseReused(response, key);
    const fault = plan().next(operation, key);
    if (fault.kind !== "none" && !fault.performed) return letDown(response, fault);
    once.run(key, body, plan().faults.delayMs, (outcome) => {
      if (fault.kind === "none") answerOutcome(response, key, outcome);
      else letDown(response, fault);
    });
  });
}

function answerOutcome(response: ServerResponse, key: string, outcome: Outcome<{ readonly kind: string }>): void {
  if (outcome.kind === "reused") return refuseReused(response, key);
  if (outcome.kind === "nothing") return refuse(response, 422, "NO_SUCH_CHARGE", "No captured charge has that key. Ask for the charge by its key first.");
  const { record } = outcome;
  answer(response, record.kind === "declined" ? 402 : record.kind === "beyond captured" ? 422 : 200, record);
}

function letDown(response: ServerResponse, fault: Fault): void {
  if (fault.kind === "drop") response.destroy();
  else if (fault.kind === "error500") refuse(response, 500, "INTERNAL", "Something went wrong; whether it was performed is not said. Ask by key.");
  // A hanging request stays open until its caller closes it.
}

function find<Body, Kept>(
  response: ServerResponse, path: string, known: (key: string) => object | undefined, once: OnceOnly<Body, Kept>, plan: FaultPlan,
): void {
  const key = decodeKey(path);
  if (key === null) return refuse(response, 400, "BAD_REQUEST", "The key in the path is not valid percent-encoding.");
  const fault = plan.next("question", key);
  if (fault.kind !== "none") return letDown(response, fault);
  const record = known(key);
  if (record !== undefined) return answer(response, 200, record);
  if (once.isProcessing(key)) return answer(response, 202, { kind: "processing", key });
  refuse(response, 404, "NOT_FOUND", `Nothing was performed under the key ${key}, and nothing is being processed under it.`);
}

function decodeKey(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function withBody<Body>(request: IncomingMessage, response: ServerResponse, schema: z.ZodType<Body>, then: (body: Body) => void): void {
  let text = "";
  let bytes = 0;
  request.setEncoding("utf8");
  request.on("data", (chunk: string) => {
    bytes += Buffer.byteLength(chunk);
    if (bytes <= MAX_BODY_BYTES) text += chunk;
  });
  request.on("end", () => {
    if (bytes > MAX_BODY_BYTES) return refuse(response, 413, "TOO_LARGE", `The body is larger than ${MAX_BODY_BYTES} bytes.`);
    const json = parseJson(text);
    if (json === undefined) return refuse(response, 400, "BAD_REQUEST", "The body is not JSON.");
    const parsed = schema.safeParse(json);
    if (!parsed.success) return refuse(response, 400, "BAD_REQUEST", parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
    then(parsed.data);
  });
}

/** `undefined`, which no JSON text means, when the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuseReused(response: ServerResponse, key: string): void {
  refuse(response, 409, "KEY_REUSED", `The key ${key} was used with another body. Use one key for one intended effect.`);
}

function refuse(response: ServerResponse, status: number, code: Problem["code"], message: string): void {
  answer(response, status, { kind: "problem", code, message } satisfies Problem);
}

function answer(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(value);
  response.sendDate = false;
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
