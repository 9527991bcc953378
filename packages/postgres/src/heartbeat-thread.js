// The heartbeat: a thread of its own, so that a busy main loop does not look dead; and it beats only while the main loop has turned lately,
// so that a hung one does. Plain JavaScript, because a thread does not inherit the loader that runs the sources. Ends when told to.
import { parentPort, workerData } from "node:worker_threads";
import pg from "pg";
import { watchStandingLoop } from "./standing-loop.js";

/** @type {{ url: string, schema: string, worker: string, leaseMs: number, turns: SharedArrayBuffer }} */
const data = workerData;
const turns = new Int32Array(data.turns);
/** How long a goodbye may go unanswered: a server that fell silent says none. */
const GOODBYE_MS = 1_000;
const statement = `update "${data.schema.replaceAll('"', '""')}".worker set heartbeat_at = clock_timestamp() where id = $1`;
let lastTurn = Atomics.load(turns, 0);
let turnedAt = performance.now();
/** @type {pg.Client | null} */
let client = null;
/** @type {NodeJS.Timeout | null} */
let timer = null;
let stopped = false;

/** @returns {Promise<void>} */
async function beat() {
  const turn = Atomics.load(turns, 0);
  if (turn !== lastTurn) {
    lastTurn = turn;
    turnedAt = performance.now();
  }
  if (performance.now() - turnedAt > (data.leaseMs * 2) / 3) return;
  try {
    client ??= await connect();
    await client.query(statement, [data.worker]);
  } catch {
    // The next beat connects anew; if none succeeds in time, the lease ends, as it should.
    giveUp();
  }
}

function giveUp() {
  const old = client;
  client = null;
  if (old === null) return;
  void old.end().catch(() => undefined);
  setTimeout(() => { old.connection.stream.destroy(); }, GOODBYE_MS).unref();
}

/** @returns {Promise<pg.Client>} */
async function connect() {
  // An answer that has not come within the lease is of no use any more: the next beat tries another connection.
  const next = new pg.Client({
    connectionString: data.url, application_name: "evenkeel heartbeat", keepAlive: true, keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: data.leaseMs, query_timeout: data.leaseMs,
  });
  next.on("error", () => { if (client === next) client = null; });
  await next.connect();
  return next;
}

/** @returns {Promise<void>} */
async function loop() {
  await beat();
  if (!stopped) timer = setTimeout(() => void loop(), data.leaseMs / 4);
  else await end();
}

/** @returns {Promise<void>} */
async function end() {
  endWatch();
  await client?.end().catch(() => undefined);
  process.exit(0);
}

const endWatch = watchStandingLoop({ turns, leaseMs: data.leaseMs });
parentPort?.on("message", () => {
  stopped = true;
  // Whatever is under way then: nobody needs this heartbeat any more.
  setTimeout(() => process.exit(0), GOODBYE_MS);
  if (timer !== null) {
    clearTimeout(timer);
    void end();
  }
});
void loop();
