// The lock steps of the server-side functions, as the checker explores them, played on a server: every class of transition, whole walks by chance,
// and wrong models and wrong functions, which must not agree.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test, type TestContext } from "node:test";
import { openPostgres } from "@evenkeel/postgres";
import type { Store } from "@evenkeel/core/spi";
import pg from "pg";
import type { Transaction } from "../../packages/checker/src/protocol/locks/lock-state.ts";
import { LOCK_SCOPES, locks, publish, WRONG_ORDERS } from "../../packages/checker/src/protocol/locks/transactions.ts";
import { randomOf, runSeed } from "../attacks/ledger/random.ts";
import { GROUP } from "./players.ts";
import { Disagreement, replay, type Stage } from "./replay.ts";
import { Turnstiles } from "./turnstiles.ts";
import { Walks } from "./walks.ts";

const given = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(given, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

/** Walks by chance in each scope, besides those that cover its classes: EVENKEEL_LOCK_WALKS says otherwise. */
const BY_CHANCE = Number(process.env["EVENKEEL_LOCK_WALKS"] ?? 8);
const SEATS = 4;
const seed = runSeed();

let stage: Stage | null = null;
let stop: () => Promise<void> = () => Promise.resolve();

before(async () => {
  const name = `t_${randomUUID().replaceAll("-", "")}`;
  const admin = new pg.Client({ connectionString: given });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const open = (as: string): Store => {
    const url = new URL(given);
    url.pathname = `/${name}`;
    url.searchParams.set("application_name", as);
    return openPostgres({ url: url.href, poolSize: 2, statementTimeoutMs: 600_000, log: () => undefined });
  };
  const manifest = { partitions: 2, groups: [{ name: GROUP, handles: ["toy.happened"] }], entities: [], schemas: [] };
  const reader = open("reader");
  await reader.prepare(manifest);
  const url = new URL(given);
  url.pathname = `/${name}`;
  const turnstiles = await Turnstiles.install(url.href, SEATS);
  // Those that take over are alive; the owner that they take from is not.
  for (const worker of ["takeover", "takeover of another"]) {
    await turnstiles.run(`insert into evenkeel.worker (id, groups, lease_ms, host, pid, started, heartbeat_at) values ('${worker}', '{${GROUP}}', 1000, 'h', 0, '', clock_timestamp() + interval '1 day')`);
  }
  const stores = Array.from({ length: SEATS }, (_, seat) => open(`replay ${String(seat)}`));
  for (const store of stores) await store.prepare(manifest);
  stage = { turnstiles, stores, reader };
  stop = async () => {
    for (const store of [...stores, reader]) await store.close();
    await turnstiles.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  };
});

after(() => stop());

function theStage(): Stage {
  assert.ok(stage !== null);
  return stage;
}

for (const [name, transactions] of Object.entries(LOCK_SCOPES)) {
  test(`The server takes the lock steps of the scope '${name}' as the model does, each class of them and whole walks by chance`, { timeout: 240_000 }, async (t) => {
    const random = randomOf(seed);
    const walks = new Walks(transactions);
    const covering = walks.covering(random);
    const all = [...covering.walks, ...Array.from({ length: BY_CHANCE }, () => walks.finish([], random))];
    const began = performance.now();
    for (const walk of all) await replay(theStage(), transactions, walk);
    const moves = new Set(all.flatMap((walk) => walk.map(({ name: who, before: from }) => who + JSON.stringify(from))));
    t.diagnostic(`seed ${String(seed)}: ${String(all.length)} walks in ${((performance.now() - began) / 1_000).toFixed(1)} s; all ${String(covering.classes)} classes, `
      + `${String(moves.size)} of ${String(covering.transitions)} transitions between ${String(covering.states)} states`);
    assert.ok(covering.classes > 10);
  });
}

/** Plays walks of these transactions until the server disagrees. */
async function disagrees(t: TestContext, transactions: readonly Transaction[]): Promise<void> {
  const random = randomOf(1);
  const walks = new Walks(transactions);
  const { walks: covering } = walks.covering(random);
  for (const walk of covering) {
    try {
      await replay(theStage(), transactions, walk);
    } catch (error) {
      if (!(error instanceof Disagreement)) throw error;
      t.diagnostic(error.message);
      return;
    }
  }
  assert.fail(`the server agreed with all ${String(covering.length)} walks`);
}

/** Publishes that take the locks as their messages come. */
const unsorted: readonly Transaction[] = [[1, 0], [0, 1]].map((partitions, index) => {
  const one = publish(["a", "b"][index] ?? "", partitions, `key ${String(index)}`);
  return { ...one, steps: [...one.steps.slice(0, 1), ...locks(partitions), ...one.steps.slice(3)] };
});

const WRONG_MODELS: Readonly<Record<string, readonly Transaction[]>> = {
  ...Object.fromEntries(["the epoch is compared before the lock", "the takeover reads progress before it has the lock", "the takeover takes no lock"]
    .map((name) => [name, WRONG_ORDERS[name]?.transactions ?? []])),
  "append locks are taken in the order of the messages": unsorted,
};

for (const [name, transactions] of Object.entries(WRONG_MODELS)) {
  test(`A model in which ${name} is not the server's`, { timeout: 60_000 }, (t) => disagrees(t, transactions));
}

interface WrongFunction { readonly function: string; readonly change: (definition: string) => string; readonly scope: keyof typeof LOCK_SCOPES }

const between = (text: string, from: string, to: string): string => text.slice(text.indexOf(from), text.indexOf(to) + to.length);

/** What stands from `from` to `to` comes in front of `before`. */
function moved(definition: string, from: string, to: string, before: string): string {
  const part = between(definition, from, to);
  return definition.replace(part, "").replace(before, `${part}\n  ${before}`);
}

const WRONG_FUNCTIONS: Readonly<Record<string, WrongFunction>> = {
  "the epoch is compared before the lock": {
    function: "fence_1", scope: "takeover", change: (definition) => moved(definition, "select count(*) into held", "l.worker = c_worker;", "perform pg_advisory"),
  },
  "what stands before is looked up before the locks": {
    function: "append_2", scope: "appends",
    change: (definition) => moved(definition, "if current_setting('transaction_isolation')", "end if;", "perform pg_advisory"),
  },
  "append locks are taken in descending order": {
    function: "append_2", scope: "appends", change: (definition) => definition.replace("array_agg(distinct u order by u)", "array_agg(distinct u order by u desc)"),
  },
  "a takeover does not look whether the holder lives": {
    function: "acquire_1", scope: "race", change: (definition) => definition.replace(/and (holder_alive|exists \(select 1 from \S+ where id = l\.worker\)) then continue/, "and false then continue"),
  },
  "an owner's commit takes no fence": {
    function: "fence_1", scope: "takeover", change: (definition) => definition.replace("pg_advisory_xact_lock_shared(", "shadow.passed_both("),
  },
};

for (const [name, { function: called, change, scope }] of Object.entries(WRONG_FUNCTIONS)) {
  test(`It is seen when the server's function is another: ${name}`, { timeout: 60_000 }, async (t) => {
    const { turnstiles } = theStage();
    const [row] = await turnstiles.rows<{ definition: string }>(`select pg_get_functiondef(oid) as definition from pg_proc where proname = '${called}' and pronamespace = 'evenkeel'::regnamespace`);
    assert.ok(row !== undefined);
    const wrong = change(row.definition);
    assert.notEqual(wrong, row.definition, "the function reads otherwise by now");
    try {
      await turnstiles.run(wrong);
      await disagrees(t, LOCK_SCOPES[scope]);
    } finally {
      await turnstiles.run(row.definition);
    }
  });
}
