// The rules of a single flight, one sentence each. No clock is involved: a run ends when the test says so.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { singleFlight } from "./single-flight.ts";

/** Work whose runs end by hand. */
function byHand() {
  const runs: { readonly key: string; resolve: (value: string) => void; reject: (error: unknown) => void }[] = [];
  const work = (key: string): Promise<string> => new Promise((resolve, reject) => { runs.push({ key, resolve, reject }); });
  return { runs, flight: singleFlight(work) };
}

const begun = async (): Promise<void> => { for (let turn = 0; turn < 20; turn++) await Promise.resolve(); };

test("1,000 callers at once share one run and its result", async () => {
  const { runs, flight } = byHand();
  const callers = Array.from({ length: 1_000 }, () => flight.run("shop"));
  await begun();
  assert.equal(runs.length, 1);
  assert.equal(flight.underWay, 1);
  runs[0]?.resolve("token-1");
  assert.deepEqual(new Set(await Promise.all(callers)), new Set(["token-1"]));
  assert.equal(flight.underWay, 0);
});

test("1,000 callers share a failure, and the next one begins anew", async () => {
  const { runs, flight } = byHand();
  const failure = new Error("the identity provider is down");
  const callers = Array.from({ length: 1_000 }, () => flight.run("shop"));
  await begun();
  runs[0]?.reject(failure);
  for (const end of await Promise.allSettled(callers)) assert.equal(end.status === "rejected" ? end.reason : end.status, failure);
  const after = flight.run("shop");
  await begun();
  assert.equal(runs.length, 2);
  runs[1]?.resolve("token-2");
  assert.equal(await after, "token-2");
});

test("a caller who sees the end can begin the next run at once", async () => {
  let runs = 0;
  const flight = singleFlight(async () => { runs++; await Promise.resolve(); return runs; });
  assert.equal(await flight.run("shop"), 1);
  assert.equal(await flight.run("shop"), 2);
});

test("keys fly by themselves", async () => {
  const { runs, flight } = byHand();
  const both = [flight.run("shop"), flight.run("depot")];
  await begun();
  assert.deepEqual(runs.map((run) => run.key), ["shop", "depot"]);
  for (const run of runs) run.resolve(`token of ${run.key}`);
  assert.deepEqual(await Promise.all(both), ["token of shop", "token of depot"]);
});

test("a synchronous throw is a failure like any other", async () => {
  const flight = singleFlight((): string => { throw new Error("wrong"); });
  await assert.rejects(flight.run("shop"), /wrong/);
  assert.equal(flight.underWay, 0);
});

test("a caller who goes away ends only its own waiting, and leaves no listener behind", async () => {
  const { runs, flight } = byHand();
  const leaving = new AbortController();
  const staying = new AbortController();
  const left = flight.run("shop", { signal: leaving.signal });
  const stayed = flight.run("shop", { signal: staying.signal });
  await begun();
  leaving.abort(new Error("gone"));
  await assert.rejects(left, /gone/);
  assert.equal(flight.underWay, 1);
  runs[0]?.resolve("token-1");
  assert.equal(await stayed, "token-1");
  assert.equal(getEventListeners(staying.signal, "abort").length, 0);
  assert.equal(getEventListeners(leaving.signal, "abort").length, 0);
});

test("who has gone already begins nothing", async () => {
  const { runs, flight } = byHand();
  await assert.rejects(flight.run("shop", { signal: AbortSignal.abort(new Error("gone")) }), /gone/);
  await begun();
  assert.equal(runs.length, 0);
});

test("when everybody has gone a failure of the run is nobody's unhandled rejection", async () => {
  const { runs, flight } = byHand();
  const leaving = new AbortController();
  const left = flight.run("shop", { signal: leaving.signal });
  await begun();
  leaving.abort(new Error("gone"));
  await assert.rejects(left, /gone/);
  runs[0]?.reject(new Error("late"));
  await begun();
  assert.equal(flight.underWay, 0);
});
