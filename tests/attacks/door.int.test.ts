// Duplicates at the door: 2 to 100 publishes at once under one key, from several processes, with the same payload and with another one.
import assert from "node:assert/strict";
import test from "node:test";
import { sceneFor } from "./ledger/attack-test.ts";
import type { Line } from "./ledger/processes.ts";
import { randomOf } from "./ledger/random.ts";
import type { Knock } from "./ledger/task.ts";

test("of 2 to 100 publishes at once under one key one becomes a message, and another payload is a conflict", async (t) => {
  const scene = await sceneFor(t, { flavours: [] });
  const random = randomOf(scene.seed);
  const callers = [scene.worker({ door: true }), scene.worker({ door: true }), scene.worker({ door: true })];
  await Promise.all(callers.map((caller) => caller.said("ready")));
  for (let round = 1; round <= 12; round++) {
    const key = `round-${String(round)}`;
    const say = (what: string): string => `round ${String(round)} of EVENKEEL_SEED=${String(scene.seed)}: ${what}`;
    // In odd rounds all say the same; in even ones the last process says something else. Every third round uses users' transactions, too.
    const knocks = callers.map((_, index): Knock => ({
      key, copies: 1 + random.below(33), pence: round % 2 === 0 && index === 2 ? 2 : 1, inTransaction: round % 3 === 0 && index === 1,
    }));
    callers.forEach((caller, index) => { caller.tell(`${JSON.stringify(knocks[index])}\n`); });
    const heard = await Promise.all(callers.map((caller) => caller.said(key)));
    const [row] = await scene.sql("select id::text, body->>'pence' as pence from $schema.log where name = 'posted' order by position desc limit 1");
    const [count] = await scene.sql("select count(*)::int as n from $schema.log where name = 'posted'");
    assert.equal(count?.["n"], round, say("one message a round"));
    heard.forEach((line, index) => {
      const won = String(knocks[index]?.pence) === row?.["pence"];
      const wanted = !won ? "IDEMPOTENCY_CONFLICT" : knocks[index]?.inTransaction === true ? "in a transaction" : row?.["id"];
      assert.deepEqual([...new Set(answersOf(line))], [wanted], say(`what process ${String(index)} was told`));
    });
  }
});

function answersOf(line: Line): readonly unknown[] {
  const { answers } = line;
  assert.ok(Array.isArray(answers));
  return answers;
}
