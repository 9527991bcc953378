// What an operator sees and is told: migrate, status and doctor against a real database.
import assert from "node:assert/strict";
import test from "node:test";
import pg from "pg";
import { eventually, record, records, scene } from "./testing/scene.ts";
import { OrderPlaced } from "./testing/shipping-app.ts";

test("migrate creates the schema, keeps its number of partitions, and may be repeated", async (t) => {
  const at = scene(t);
  const before = await at.evenkeel("status");
  assert.equal(before.code, 1);
  assert.match(before.err, /^STORE_VERSION: The database has no Evenkeel schema '\w+': .*`evenkeel migrate`/);
  assert.deepEqual(await at.json("migrate", "--partitions", "3"), { code: 0, value: { schema: at.schema, partitions: 3 } });
  assert.deepEqual(await at.json("migrate"), { code: 0, value: { schema: at.schema, partitions: 3 } });
  const other = await at.evenkeel("migrate", "--partitions", "4");
  assert.equal(other.code, 1);
  assert.match(other.err, /^PARTITIONS_FIXED: /);
  assert.match((await at.evenkeel("status")).out, /No service has been recorded here yet.*\n\nNo worker runs/s);
});

test("status shows lag, dead letters, workers and what they hold", async (t) => {
  const at = scene(t);
  const app = await at.app();
  await app.publish(OrderPlaced({ orderId: "o-1", step: 1, pence: -1 }));
  const [idle] = records(record((await at.json("status")).value)["groups"]);
  assert.deepEqual([idle?.["group"], idle?.["lag"], idle?.["deadLetters"]], ["shipping", 1, 0]);
  await app.start();
  const group = await eventually("it is parked", async () => {
    const [found] = records(record((await at.json("status")).value)["groups"]);
    return found?.["deadLetters"] === 1 ? found : undefined;
  });
  assert.match(String(group["oldestParkedAt"]), /^\d{4}-\d\d-\d\dT/);
  const [worker] = records(record((await at.json("status")).value)["workers"]);
  assert.deepEqual([worker?.["pid"], worker?.["alive"], worker?.["groups"]], [process.pid, true, ["shipping"]]);
  const text = (await at.evenkeel("status")).out;
  assert.match(text, /^GROUP +LAG +RETRYING +DEAD/);
  assert.match(text, /^shipping +\d+ +0 +1 /m);
  assert.match(text, new RegExp(`^\\S+ +\\S+ +${String(process.pid)} +alive `, "m"));
});

test("doctor names the session that holds back vacuum, the dead letters, and the cure of each", async (t) => {
  const at = scene(t);
  const app = await at.app();
  await app.publish(OrderPlaced({ orderId: "o-1", step: 1, pence: -1 }));
  const lonely = record((await at.json("doctor")).value);
  assert.ok(records(lonely["findings"]).some((one) => one["check"] === "lag" && one["level"] === "problem"), "nobody runs the service");
  await app.start();
  await eventually("it is parked", async () => (await app.deadLetters.list()).length === 1 ? true : undefined);

  const forgotten = new pg.Client({ connectionString: at.url, application_name: "forgotten report" });
  await forgotten.connect();
  t.after(() => forgotten.end());
  await forgotten.query("begin isolation level repeatable read");
  const { rows } = await forgotten.query<{ pid: number }>("select pg_backend_pid() as pid");
  const pid = String(rows[0]?.pid);

  const { code, value } = await at.json("doctor", "--open-seconds", "0");
  assert.equal(code, 1);
  const found = records(record(value)["findings"]);
  const about = (check: string, text: string): string => {
    const one = found.find((each) => each["check"] === check && String(each["message"]).includes(text));
    assert.equal(one?.["level"], "problem", `${check}: ${JSON.stringify(found)}`);
    return String(one["cure"]);
  };
  assert.match(about("horizon", `session ${pid} (`), new RegExp(`pg_terminate_backend\\(${pid}\\)`));
  assert.match(about("idle transactions", "forgotten report"), new RegExp(`pg_terminate_backend\\(${pid}\\)`));
  assert.equal(about("parked keys", "shipping has 1 dead letter"), "evenkeel dead-letters list --group shipping");
  assert.ok(found.some((one) => one["check"] === "server" && /^PostgreSQL \d+/.test(String(one["message"]))));

  await forgotten.query("rollback");
  const text = await at.evenkeel("doctor");
  assert.ok(!text.out.includes(`session ${pid}`), text.out);
  assert.match(text.out, /^problem {2}parked keys: .*\n {9}-> evenkeel dead-letters list --group shipping\n/m);
});
