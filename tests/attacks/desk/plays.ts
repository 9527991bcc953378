// Attacks on calls that need attention, played alike on every store: operators race each other, owners come and go, providers speak late.
import assert from "node:assert/strict";
import { isEvenkeelError } from "@evenkeel/core";
import type { Host, Store } from "@evenkeel/core/spi";
import { faultyStore, seededFaults, type FaultPlan } from "@evenkeel/testkit";
import { eventually } from "../ledger/attack-test.ts";
import { runSeed } from "../ledger/random.ts";
import { desk, heardOf, newProvider, openDesk, operatorOf, OrderViewed, place, placeInNeed, untilInNeed, type Desk, type Provider } from "./desk.ts";
import { freezable } from "./freezable.ts";

interface Stage {
  readonly host: Host;
  /** Another process's client on the same data, for a desk: it is closed with it. */
  store(): Promise<Store>;
  /** A client for operators. */
  tool(): Promise<Store>;
  /** Stopped when the play has ended. */
  desk(store: Store, provider: Provider): Promise<Desk>;
}

interface Play { readonly name: string; readonly run: (stage: Stage) => Promise<void> }

const ANN = { actor: "ann", note: "the bank is back", withinMs: 60_000 };

export const plays: readonly Play[] = [
  {
    name: "a retry of a call whose provider had taken effect finds that effect and makes no second one",
    run: async (stage) => {
      const provider = newProvider();
      const app = await stage.desk(await stage.store(), provider);
      await app.start();
      await placeInNeed(app, provider, ["o-1", "o-2"]);
      assert.deepEqual([...provider.charges.keys()], ["o-1/charge", "o-2/charge"]);
      // A worker that stood still repeats what it had begun, so requests are told apart by when they came: from here on nobody may perform the first.
      provider.requests.length = 0;
      // Of the second the provider forgets the charge, as if it had never got the request: then it is performed under the same key.
      provider.charges.delete("o-2/charge");
      provider.mode = "answers";
      const calls = await app.calls.list({ port: "card" });
      for (const call of calls) await app.calls.retry(call, { ...ANN, deadlineMs: 60_000 });
      await eventually("both orders hear", async () => (await heardOf(app, "o-1")).length + (await heardOf(app, "o-2")).length === 2 || undefined);
      assert.deepEqual([await heardOf(app, "o-1"), await heardOf(app, "o-2")], [["ok charge of o-1/charge"], ["ok charge of o-2/charge"]]);
      assert.deepEqual([...new Set(provider.requests)], ["o-2/charge"], "none is requested again, but for the one that was forgotten");
      assert.deepEqual(await app.calls.list({ state: "any" }), []);
      for (const call of calls) {
        const audit = await app.calls.audit({ callId: call.id });
        assert.deepEqual(audit.map(({ action, actor, result }) => [action, actor, result]), [["retry", "ann", "done"]]);
      }
    },
  },
  {
    name: "of two operators who act at once one wins and the other is told, whatever they ask for",
    run: async (stage) => {
      const provider = newProvider();
      const store = await stage.store();
      let isInNeed = false;
      let refuse: () => void = () => undefined;
      const refused = new Promise<void>((resolve) => { refuse = resolve; });
      const holding: Store = {
        ...store,
        // The owner does no request before an operator was refused for one that waits: however late the second comes, some meet.
        commit: async (changes) => {
          if (isInNeed && (changes.callControls ?? []).length > 0) await refused;
          return store.commit(changes);
        },
      };
      const app = await stage.desk(holding, provider);
      await app.start();
      const ids = Array.from({ length: 12 }, (_, index) => `o-${String(index)}`);
      await placeInNeed(app, provider, ids);
      isInNeed = true;
      const operators = [operatorOf(await stage.tool(), stage.host), operatorOf(await stage.tool(), stage.host)];
      const calls = await app.calls.list();
      const ends = await Promise.all(calls.map((call, index) => Promise.all(operators.map(async (operator, who) => {
        const note = { ...ANN, actor: `operator ${String(who)}` };
        try {
          const turn = (index + who) % 3;
          if (turn === 0) await operator.retry(call, note);
          else if (turn === 1) await operator.abandon(call, note);
          else await operator.resolve(call, { kind: "declined", value: { reason: "by hand" } }, note);
          return "done";
        } catch (error) {
          assert.ok(isEvenkeelError(error), String(error));
          if (error.code === "CALL_CONTROL_PENDING") refuse();
          return error.code;
        }
      }))));
      for (const pair of ends) {
        const [loser, ...others] = pair.filter((one) => one !== "done");
        // Of those who come in turn after all, the second meets a call that has ended or is being asked for, when it asks or when its owner looks.
        assert.deepEqual(others, [], pair.join());
        assert.ok(loser === undefined || ["CALL_CONTROL_PENDING", "CALL_NOT_WAITING", "CALL_NOT_FOUND", "CONTROL_REFUSED"].includes(loser), pair.join());
      }
      assert.ok(ends.flat().includes("CALL_CONTROL_PENDING"), ends.join(" "));
      for (const id of ids) assert.ok((await heardOf(app, id)).length <= 1, id);
    },
  },
  {
    name: "the real answer that comes after a resolution is absorbed: the service hears one outcome",
    run: async (stage) => {
      const provider = { ...newProvider(), mode: "answers" as const };
      // A call that was requested ends with the provider's answer, if not in its first attempt; one that came too late for any is placed again.
      const frozenStore = freezable(await stage.store(), ({ callUpdates }) =>
        provider.requests.length > 0 && callUpdates.some(({ change }) => change.kind === "remove"));
      const frozen = await stage.desk(frozenStore, provider);
      await frozen.start();
      await place(frozen, provider, "o-1");
      await eventually("the first owner hangs with the answer on its way to the store", () => frozenStore.isFrozen() || undefined);
      const next = await stage.desk(await stage.store(), { ...provider, mode: "is silent" });
      await next.start();
      const operator = operatorOf(await stage.tool(), stage.host);
      await untilInNeed(next, ["o-1"]);
      const [call] = await operator.list();
      assert.ok(call);
      const entry = await operator.resolve(call, { kind: "declined", value: { reason: "closed by hand" } }, ANN);
      assert.equal(entry.result, "done");
      assert.deepEqual([...new Set(await frozenStore.thaw())], ["fenced"]);
      await eventually("the order hears", async () => (await heardOf(next, "o-1")).length > 0 || undefined);
      // Whatever else was appended for it is handled before this.
      await next.handled(await next.publish(OrderViewed({ id: "o-1" })), { by: desk, withinMs: 60_000 });
      assert.deepEqual(await heardOf(next, "o-1"), ["declined closed by hand"]);
    },
  },
  {
    name: "a request whose owner hangs on its commit is done once by the next one, and the late commit is fenced",
    run: async (stage) => {
      const provider = newProvider();
      let isInNeed = false;
      const frozenStore = freezable(await stage.store(), ({ callControls = [] }) => isInNeed && callControls.length > 0);
      const frozen = await stage.desk(frozenStore, provider);
      await frozen.start();
      await placeInNeed(frozen, provider, ["o-1"]);
      isInNeed = true;
      const operator = operatorOf(await stage.tool(), stage.host);
      const [call] = await operator.list();
      assert.ok(call);
      const answer = operator.resolve(call, { kind: "ok", value: { chargeId: "by hand" } }, ANN);
      await eventually("the owner hangs on its commit", () => frozenStore.isFrozen() || undefined);
      const next = await stage.desk(await stage.store(), provider);
      await next.start();
      assert.equal((await answer).result, "done");
      assert.deepEqual([...new Set(await frozenStore.thaw())], ["fenced"]);
      await eventually("the order hears", async () => (await heardOf(next, "o-1")).length > 0 || undefined);
      assert.deepEqual(await heardOf(next, "o-1"), ["ok by hand"]);
      assert.equal((await operator.audit({ callId: call.id })).length, 1);
    },
  },
  {
    name: "requests that come while owners stop and start are each done once",
    run: async (stage) => {
      const provider = newProvider();
      const first = await stage.desk(await stage.store(), provider);
      await first.start();
      const ids = Array.from({ length: 8 }, (_, index) => `o-${String(index)}`);
      await placeInNeed(first, provider, ids);
      const operator = operatorOf(await stage.tool(), stage.host);
      const calls = await operator.list();
      const next = await stage.desk(await stage.store(), provider);
      const [entries] = await Promise.all([
        Promise.all(calls.map((call, index) => operator.resolve(call, { kind: "ok", value: { chargeId: `hand ${String(index)}` } }, ANN))),
        first.stop(),
        next.start(),
      ]);
      assert.ok(entries.every((entry) => entry.result === "done"));
      for (const [index, call] of calls.entries()) {
        const id = call.routingKey;
        await eventually(`${id} hears`, async () => (await heardOf(next, id)).length > 0 || undefined);
        assert.deepEqual(await heardOf(next, id), [`ok hand ${String(index)}`]);
      }
    },
  },
  {
    name: "commits that fail or are in doubt lose no request, do none twice, and never part a request from its call",
    run: async (stage) => {
      const provider = newProvider();
      const sound = await stage.tool();
      const calm = await stage.desk(await stage.store(), provider);
      await calm.start();
      const ids = Array.from({ length: 24 }, (_, index) => `o-${String(index)}`);
      await placeInNeed(calm, provider, ids);
      await calm.stop();
      const faulty = faultyStore(await stage.store(), certain(seededFaults({ seed: runSeed(), rate: 0.5, maxDelayMs: 30 })), stage.host);
      const operator = operatorOf(sound, stage.host);
      const app = await stage.desk(faulty, provider);
      await app.start();
      provider.mode = "answers";
      const calls = await operator.list();
      const parted: string[] = [];
      const looking = { on: true };
      const watch = (async () => {
        // A request that is done has changed its call, and one that has not leaves it as it was: they are read in this order, the change first.
        while (looking.on) {
          const waiting = new Set((await sound.listCalls({ state: "attention", limit: 100 })).map((one) => one.id));
          for (const entry of await sound.callControls({ limit: 100 })) {
            if (entry.doneAt !== null || waiting.has(entry.callId)) continue;
            const [now] = await sound.callControls({ ids: [entry.id], limit: 1 });
            if (now?.doneAt === null) parted.push(entry.callId);
          }
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })();
      const entries = await Promise.all(calls.map(async (call, index) => {
        if (index % 3 === 0) return operator.retry(call, { ...ANN, deadlineMs: 60_000 });
        if (index % 3 === 1) return operator.resolve(call, { kind: "declined", value: { reason: "by hand" } }, ANN);
        return operator.abandon(call, ANN);
      }));
      assert.ok(entries.every((entry) => entry.result === "done"), `seed ${String(runSeed())}`);
      await eventually("no call lives", async () => (await sound.listCalls({ limit: 100 })).length === 0 || undefined);
      looking.on = false;
      await watch;
      await faulty.settled();
      assert.deepEqual(parted, [], `seed ${String(runSeed())}`);
      assert.ok(faulty.injected().length > 0, "nothing was injected");
      for (const [index, call] of calls.entries()) {
        const id = call.routingKey;
        const wanted = index % 3 === 0 ? [`ok ${provider.charges.get(call.callKey) ?? ""}`] : index % 3 === 1 ? ["declined by hand"] : [];
        if (wanted.length > 0) await eventually(`${id} hears`, async () => (await heardOf(app, id)).length > 0 || undefined);
        assert.deepEqual(await heardOf(app, id), wanted, `${id}, seed ${String(runSeed())}`);
      }
      // One whose answer came too late for its attempt may be requested again, under its own key.
      assert.equal(new Set(provider.requests).size, ids.length, "no charge was requested under another key");
      assert.equal(provider.charges.size, ids.length, "no charge was made twice");
    },
  },
];

/** The first commit is in doubt, whatever the seed says: two or three may carry everything, and chance may pass over them all. */
function certain(plan: FaultPlan): FaultPlan {
  let first = true;
  return {
    next: (point) => {
      if (point !== "commit" || !first) return plan.next(point);
      first = false;
      return { kind: "inDoubtDone" };
    },
  };
}

/** Runs a play with the desks it opens, and stops them. */
export async function perform(play: Play, host: Host, store: () => Promise<Store>): Promise<void> {
  const ends: (() => Promise<unknown>)[] = [];
  try {
    await play.run({
      host, store,
      tool: async () => {
        const one = await store();
        ends.push(() => one.close());
        return one;
      },
      desk: async (of, provider) => {
        const app = await openDesk(of, host, provider);
        ends.push(() => app.stop());
        return app;
      },
    });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
