// A scene of trips: a schema of its own, an application that publishes and reads, workers that can be killed, and what holds in the end. It ends
// with its test.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { RunDocument } from "evenkeel";
import pg from "pg";
import { eventually, testDatabase } from "../ledger/attack-test.ts";
import { nursery, type Child } from "../ledger/processes.ts";
import { randomOf, runSeed } from "../ledger/random.ts";
import { tripPorts } from "./provider.ts";
import { Confirmed, NO_FATE } from "./trips.ts";
import { tripsApp, type WorkerTask } from "./trips-app.ts";

type Row = Readonly<Record<string, unknown>>;
type TripsApp = Awaited<ReturnType<typeof tripsApp>>;

/** Whoever is killed on this host is found out by its process; a lease that lapses where the machine is slow would be another attack. */
const LEASE_MS = 8_000;

export interface TripsScene extends TripsApp {
  readonly seed: number;
  /** Those that were begun. */
  readonly begun: readonly string[];
  /** @throws Error once the scene has ended: nobody would end that worker. */
  worker(task?: Partial<WorkerTask>): Child;
  hasEnded(): boolean;
  /** Begins a trip, and confirms it: before, behind or both, as the seed has it. */
  begin(trip: string): Promise<void>;
  sql(text: string): Promise<readonly Row[]>;
  /** Says something to all workers, until it is taken back: see the `folder` of a worker's task. */
  say(name: string): void;
  unsay(name: string): void;
  /** Resolves when the trip is over, or this is true of its run. */
  run(trip: string, what?: string, holds?: (run: TripRun) => boolean): Promise<TripRun>;
}

export type TripRun = RunDocument<{ readonly trip: string }, string[]>;

export async function tripsScene(t: TestContext): Promise<TripsScene> {
  const url = testDatabase();
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  const seed = runSeed();
  const random = randomOf(seed);
  const folder = mkdtempSync(join(tmpdir(), "ektrips-"));
  const children = nursery();
  let hasEnded = false;
  const client = new pg.Client(url);
  await client.connect();
  t.after(async () => {
    hasEnded = true;
    await children.endAll();
    await client.query(`drop schema if exists "${schema}" cascade`);
    await client.end();
    rmSync(folder, { recursive: true, force: true });
  });
  const sql = async (text: string): Promise<readonly Row[]> => (await client.query<Row>(text.replaceAll("$schema", `"${schema}"`))).rows;
  const { ports, close } = tripPorts({ url, schema, random, fate: NO_FATE, gate: () => Promise.resolve(), trouble: 0, slowMs: 0 });
  const made = await tripsApp({ url, schema, fate: NO_FATE, ports, leaseMs: LEASE_MS, log: () => undefined });
  const { app, trips } = made;
  t.after(async () => {
    await app.stop();
    await close();
  });
  await sql("create table $schema.said (trip text not null, what text not null)");
  await sql("create table $schema.performed (at bigserial, effect text not null, key text not null)");
  const begun: string[] = [];
  let workers = 0;
  return {
    ...made, seed, begun, sql,
    hasEnded: () => hasEnded,
    worker: (task = {}) => {
      if (hasEnded) throw new Error("The scene has ended: it starts no worker any more.");
      const whole: WorkerTask = { url, schema, seed: seed + ++workers, death: null, trouble: 0, slowMs: 5, leaseMs: LEASE_MS, folder, ...task };
      return children.start(`worker ${String(workers)}`, "../trips/worker.ts", { TRIPS_TASK: JSON.stringify(whole) });
    },
    begin: async (trip) => {
      begun.push(trip);
      const confirm = () => app.publish(Confirmed({ trip }), { idempotencyKey: `${trip} is confirmed` });
      const way = random.below(3);
      if (way < 2) await confirm();
      await app.publish(trips.start({ id: trip, input: { trip } }));
      if (way > 0) await confirm();
    },
    say: (name) => { writeFileSync(join(folder, name), ""); },
    unsay: (name) => { rmSync(join(folder, name), { force: true }); },
    run: (trip, what = "is over", holds = (run) => run.endedAt !== null) => eventually(`trip ${trip} ${what}`, async () => {
      const run = await app.read(trips.run, trip);
      return run !== undefined && holds(run) ? run : undefined;
    }),
  };
}

/** Starts a worker again whenever it ends, as a supervisor does, until it is stopped or the scene ends. */
export function supervised(scene: TripsScene, task: Partial<WorkerTask>): { readonly deaths: () => number; stop(): Promise<void> } {
  let deaths = 0;
  let stopped = false;
  let current: Child | null = null;
  const start = (): void => {
    const child = scene.worker(task);
    current = child;
    void child.ended.then(() => {
      if (stopped || scene.hasEnded()) return;
      deaths++;
      start();
    });
  };
  start();
  return {
    deaths: () => deaths,
    stop: async () => {
      stopped = true;
      current?.kill("SIGKILL");
      await current?.ended;
    },
  };
}
