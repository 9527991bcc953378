// The heartbeat: a thread of its own, so that a busy main loop does not look dead; and it beats only while the main loop has turned lately,
// so that a hung one does. Plain JavaScript, because a thread does not inherit the loader that runs the sources. Ends when told to.
import { parentPort, workerData } from "node:worker_threads";
import pg from "pg";
import { watchStandingLoop } from "./standing-loop.js";

/**
 * `turns`: how often the main loop has turned. `confirmed`: when the youngest heartbeat was sent that the database has confirmed.
 * @type {{ url: string, schema: string, worker: string, leaseMs: number, turns: SharedArrayBuffer, confirmed: SharedArrayBuffer, host: string, pid: number }}
 */
const data = workerData;
const turns = new Int32Array(data.turns);
const confirmed = new BigInt64Array(data.confirmed);
/** How long a goodbye may go unanswered: a server that fell silent says none. */
const GOODBYE_MS = 1_000;
/** What could not be written about stalls is tried again after so many leases. */
const RETRY_LEASES = 2;
const statement = `update "${data.schema.replaceAll('"', '""')}".worker set heartbeat_at = clock_timestamp() where id = $1`;
const stalls = `"${data.schema.replaceAll('"', '""')}".worker_stall`;
/** What stands still by the main loop's own watch, as JSON of a list, and of the loop itself. @type {{ waits: string | null, loop: object | null }} */
const standing = { waits: null, loop: null };
/** Whether the database has been told, and when it may be tried again if not. */
let told = true;
let tellAt = 0;
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
  const isHung = performance.now() - turnedAt > (data.leaseMs * 2) / 3;
  if (isHung && (told || performance.now() < tellAt)) return;
  try {
    client ??= await connect();
    if (!isHung) {
      const sentAt = process.hrtime.bigint();
      const { rowCount } = await client.query(statement, [data.worker]);
      // A worker that was buried has no row: whatever it held may be another's by now.
      if (rowCount === 1) Atomics.store(confirmed, 0, sentAt);
    }
    await tellStalls();
  } catch {
    // The next beat connects anew; if none succeeds in time, the lease ends, as it should.
    giveUp();
  }
}

/**
 * One row while there is something to say, none otherwise. Behind the heartbeat, and given up long before the next one is late: what operators
 * see must not cost the lease.
 * @returns {Promise<void>}
 */
async function tellStalls() {
  if (told || client === null || performance.now() < tellAt) return;
  // What comes while it is written is written next.
  told = true;
  /** @type {unknown[]} */
  const waits = standing.waits === null ? [] : JSON.parse(standing.waits);
  const found = standing.loop === null ? waits : [standing.loop, ...waits];
  /** @type {(text: string, values: unknown[]) => pg.QueryConfig & { query_timeout: number }} */
  const bounded = (text, values) => ({ text, values, query_timeout: data.leaseMs / 8 });
  try {
    if (found.length === 0) await client.query(bounded(`delete from ${stalls} where worker = $1`, [data.worker]));
    else {
      const write = `insert into ${stalls} (worker, host, pid, found) values ($1, $2, $3, $4)
        on conflict (worker) do update set found = excluded.found, written_at = clock_timestamp()`;
      await client.query(bounded(write, [data.worker, data.host, data.pid, JSON.stringify(found)]));
    }
  } catch (error) {
    told = false;
    tellAt = performance.now() + data.leaseMs * RETRY_LEASES;
    throw error;
  }
}

/** @param {Partial<typeof standing>} change */
function stand(change) {
  Object.assign(standing, change);
  told = false;
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

const endWatch = watchStandingLoop({ turns, leaseMs: data.leaseMs, onChange: (loop) => { stand({ loop }); } });
parentPort?.on("message", (/** @type {"stop" | { found: string | null }} */ message) => {
  if (message !== "stop") {
    stand({ waits: message.found });
    return;
  }
  stopped = true;
  // Whatever is under way then: nobody needs this heartbeat any more.
  setTimeout(() => process.exit(0), GOODBYE_MS);
  if (timer !== null) {
    clearTimeout(timer);
    void end();
  }
});
void loop();
