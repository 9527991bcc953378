// The bank as a process: it keeps one result per idempotency key and notes which keys every effect came under. It misbehaves by a seed: is
// busy, is slow, or performs and hangs up without an answer; or it holds every request, says so, and answers once it is told to. It is the
// outside world, so no attack ever ends it.
import { createServer } from "node:http";
import { isDeclined } from "./messages.ts";
import { randomOf } from "./random.ts";

const seed = Number(process.env["ATTACK_SEED"] ?? "1");
/** What to go on with once it holds no more; null: it holds nothing. */
let held: (() => void)[] | null = process.env["ATTACK_BANK_HOLDS"] === "yes" ? [] : null;
const random = randomOf(seed);
const results = new Map<string, string>();
const keysOf = new Map<string, Set<string>>();

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://bank");
  const key = url.searchParams.get("key") ?? "";
  let body = "";
  request.setEncoding("utf8").on("data", (text: string) => { body += text; }).on("end", () => {
    const answer = (value: unknown, status = 200): void => { response.writeHead(status).end(JSON.stringify(value)); };
    if (url.pathname === "/book") return answer({ effects: [...keysOf].map(([effect, keys]) => ({ effect, keys: [...keys] })) });
    const goOn = (): void => {
      if (url.pathname === "/ask") return answer({ kind: results.get(key) ?? "absent", receipt: `r-${key}` });
      const chance = random();
      if (chance < 0.05) return answer({}, 503);
      const { account, n, pence } = JSON.parse(body) as { account: string; n: number; pence: number };
      setTimeout(() => {
        const effect = `${account}/${String(n)}`;
        results.set(key, results.get(key) ?? (isDeclined(pence) ? "declined" : "ok"));
        keysOf.set(effect, (keysOf.get(effect) ?? new Set()).add(key));
        if (chance > 0.95) request.socket.destroy();
        else answer({ kind: results.get(key), receipt: `r-${key}` });
      }, chance < 0.15 ? random.below(120) : 0);
    };
    if (held === null) return goOn();
    held.push(goOn);
    if (held.length === 1) console.log(JSON.stringify({ event: "holding" }));
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") console.log(JSON.stringify({ event: "ready", url: `http://127.0.0.1:${String(address.port)}` }));
});
process.stdin.on("end", () => { process.exit(0); }).on("data", () => {
  const waiting = held ?? [];
  held = null;
  for (const goOn of waiting) goOn();
});
