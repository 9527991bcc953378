// 60 random kills in one run: `npm run attack` does the same for as long as you like.
import assert from "node:assert/strict";
import test from "node:test";
import { runAttack } from "./chaos/run-attack.ts";
import { runSeed } from "./ledger/random.ts";

test("60 random kills of workers, publishers, the server and everything at once lose nothing and double nothing", async (t) => {
  const seed = runSeed();
  const { violation, posts, victims } = await runAttack({ seed, rounds: 60, pauseMs: 250, auditEvery: 60 });
  t.diagnostic(`${String(posts)} posts; ${JSON.stringify(victims)}`);
  const repeat = `npm run attack -- --rounds 60 --seed ${String(seed)}`;
  assert.ok(violation === null, `round ${String(violation?.round)} (the same again: ${repeat}):\n${violation?.faults.join("\n") ?? ""}`);
  assert.ok(posts > 0, "nothing was posted, so nothing was tested");
});
