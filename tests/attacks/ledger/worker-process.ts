// A process of the ledger, told by the environment what to be: a worker, or a publisher that posts to its accounts. It speaks JSON lines on
// standard output and ends with its parent.
import { existsSync, writeSync } from "node:fs";
import { nodeHost, openPostgres } from "@evenkeel/postgres";
import { isEvenkeelError } from "@evenkeel/core";
import { createLedger, flaky, httpBank, type Ledger, type Misbehaviour } from "./ledger-app.ts";
import { Posted } from "./messages.ts";
import { postOf, type Knock, type PublisherTask, type WorkerTask } from "./task.ts";
import { randomOf } from "./random.ts";

const task = JSON.parse(process.env["ATTACK_TASK"] ?? "{}") as WorkerTask;
const random = randomOf(task.seed);
const say = (line: object): void => { process.stdout.write(`${JSON.stringify(line)}\n`); };

const noticed = new Set(["lease.lost", "commit.failed", "ownership.trouble", "store.trouble", "message.dead-letter", "app.stop-incomplete"]);
const host = nodeHost((level, event, fields) => {
  if (level === "error" || noticed.has(event)) process.stderr.write(`${String(Date.now() % 1_000_000)} ${level} ${event} ${JSON.stringify(fields).slice(0, 400)}\n`);
});

process.stdin.setEncoding("utf8").on("end", () => { process.exit(0); });

async function open(): Promise<Ledger> {
  for (;;) {
    const store = openPostgres({
      url: task.url, schema: task.schema, poolSize: task.poolSize ?? 5, log: host.log, retention: { rotateRows: task.rotateRows ?? 100_000 },
    });
    try {
      const settings = task.settings === undefined ? {} : { settings: task.settings };
      return await createLedger({ store, host, bank: httpBank(task.bank), misbehaviour: misbehaviourOf(), ...settings });
    } catch (error) {
      await store.close();
      if (!isEvenkeelError(error) || error.code !== "STORE_UNAVAILABLE") throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function misbehaviourOf(): Misbehaviour {
  const now = flaky(random);
  let spared = false;
  return {
    onPost: (post) => {
      now.onPost(post);
      if (post.flavour !== "deadly" || task.deadly === undefined || spared) return;
      writeSync(1, `${JSON.stringify({ event: "deadly", account: post.account, n: post.n })}\n`);
      if (task.deadly === "exit") process.exit(66);
      spared = true;
      if (task.deadly === "stop") {
        process.kill(process.pid, "SIGSTOP");
        return;
      }
      while (existsSync(task.deadly.spinWhile)) Math.sqrt(post.n);
    },
  };
}

const app = await open();
if (task.door === true) knock();
else if (task.publish !== null) await publishAll(task.publish);
else {
  await app.start();
  say({ event: "ready" });
  process.once("SIGTERM", () => {
    const begun = performance.now();
    void app.stop().then(({ released }) => {
      say({ event: "stopped", released, tookMs: Math.round(performance.now() - begun) });
      setImmediate(() => process.exit(0));
    });
  });
  process.stdin.resume();
}

/** Posts to each account one after the other, all accounts at once; every number is repeated under its key until it is confirmed. */
async function publishAll(publish: PublisherTask): Promise<void> {
  let stopping = false;
  process.stdin.on("data", () => { stopping = true; });
  say({ event: "ready" });
  await Promise.all(publish.accounts.map(async ({ account, confirmed }) => {
    for (let n = confirmed + 1; !stopping && n <= publish.upTo; n++) {
      while (!(await postOnce(account, n))) await new Promise((resolve) => setTimeout(resolve, 20));
      say({ confirmed: [account, n] });
      if (publish.pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, random.below(publish.pauseMs * 2)));
    }
  }));
  say({ event: "published" });
  await app.stop();
  process.exit(0);
}

/** For each line of JSON on standard input: so many publishes of one post under one key, at once; says what came of each. */
function knock(): void {
  say({ event: "ready" });
  let rest = "";
  process.stdin.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { key, copies, pence, inTransaction } = JSON.parse(line) as Knock;
      const post = Posted({ account: "account-0", n: 1, pence, flavour: "plain" });
      const once = async (): Promise<string> => {
        if (!inTransaction) return (await app.publish(post, { idempotencyKey: key })).id;
        await app.transaction(async (transaction) => { transaction.publish(post, { idempotencyKey: key }); });
        return "in a transaction";
      };
      void Promise.all(Array.from({ length: copies }, () => once().catch((error: unknown) => isEvenkeelError(error) ? error.code : String(error))))
        .then((answers) => { say({ event: key, pence, answers }); });
    }
  });
}

async function postOnce(account: string, n: number): Promise<boolean> {
  const post = Posted(postOf(account, n, task.flavours));
  const idempotencyKey = `${account}/${String(n)}`;
  try {
    const way = random();
    if (way < 0.1) await Promise.all([app.publish(post, { idempotencyKey }), app.publish(post, { idempotencyKey })]);
    else if (way < 0.2) await app.transaction(async (transaction) => { transaction.publish(post, { idempotencyKey }); });
    else await app.publish(post, { idempotencyKey });
    return true;
  } catch (error) {
    if (!isEvenkeelError(error) || (error.retry === "never")) throw error;
    return false;
  }
}
