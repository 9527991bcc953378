// Poison among live traffic: one key that fails for a while, and keys that wait for a person, who redrives, edits or skips, while posts
// arrive. Each stops only itself, and keeps its order.
import assert from "node:assert/strict";
import test from "node:test";
import { terminal, transient, type DeadLetters } from "@evenkeel/core";
import { accountsOf, assertClean, eventually, sceneFor } from "./ledger/attack-test.ts";
import { Account } from "./ledger/messages.ts";
import { postOf, type Flavours } from "./ledger/task.ts";

const FLAVOURS: Flavours = [{ flavour: "poison", first: 6, every: 1_000 }, { flavour: "call", first: 2, every: 7 }];
/** What every account gets after all that was done to some. */
const MORE = 5;

test("keys that fail stop only themselves, and keep their order through retries, redrive, edit and skip", async (t) => {
  const scene = await sceneFor(t, { flavours: FLAVOURS });
  const accounts = accountsOf(8);
  let failures = 0;
  const sick = new Set(["account-1", "account-2"]);
  const worker = () => scene.localWorker({
    onPost: ({ flavour, account }) => {
      if (flavour !== "poison") return;
      if (account === "account-0" && failures++ < 5) throw transient("NOT_YET", "try again");
      if (sick.has(account)) throw terminal("POISON", "this can never be");
      if (account === "account-3") throw terminal("POISON", "this can never be either");
    },
  });
  await Promise.all([worker(), worker()]);
  // Until it is told to stop.
  const publisher = scene.publisher(accounts, { upTo: 1_000_000, pauseMs: 80 });
  const arriveStill = async (when: string): Promise<void> => {
    const before = new Map(scene.confirmed);
    await eventually(`posts arrive at every account ${when}`, () =>
      accounts.every((account) => (scene.confirmed.get(account) ?? 0) >= (before.get(account) ?? 0) + MORE) || undefined);
  };

  const letters = await eventually("three accounts wait for a person", async () => {
    const found = await scene.app.deadLetters.list({ group: "accounts" });
    return found.length === 3 ? found : undefined;
  });
  assert.deepEqual(letters.map((letter) => `${letter.key} ${letter.code}`).sort(), ["account-1 POISON", "account-2 POISON", "account-3 POISON"]);
  const letterOf = (account: string): Awaited<ReturnType<DeadLetters["list"]>>[number] => {
    const found = letters.find((letter) => letter.key === account);
    assert.ok(found !== undefined);
    return found;
  };
  const note = { actor: "attack", withinMs: 60_000 };
  await arriveStill("while three wait");
  // Redriven while it is still sick, it fails again; twice at once is as once.
  await Promise.all([scene.app.deadLetters.redrive(letterOf("account-1"), note), scene.app.deadLetters.redrive(letterOf("account-1"), note)]);
  await eventually("it is a dead letter again", async () =>
    (await scene.app.deadLetters.list({ key: "account-1" }))[0]?.code === "POISON" || undefined);
  sick.delete("account-1");
  await scene.app.deadLetters.redrive(letterOf("account-1"), note);
  // An edit makes it harmless.
  await scene.app.deadLetters.edit(letterOf("account-2"), { ...postOf("account-2", 6, FLAVOURS), flavour: "plain" }, note);
  await scene.app.deadLetters.redrive(letterOf("account-2"), note);
  await scene.app.deadLetters.skip(letterOf("account-3"), note);
  scene.skipped.add("account-3/6");
  await arriveStill("after the last of them was released");
  publisher.tell("stop\n");
  await publisher.said("published");
  await assertClean(scene, "after redrive, edit and skip");
  assert.ok(failures > 5, "the failing key was tried again");
  const lasts = await Promise.all(accounts.map(async (account) => (await scene.app.read(Account, account))?.last));
  assert.deepEqual(lasts, accounts.map((account) => scene.confirmed.get(account)));
});
