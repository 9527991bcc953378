// Worker processes: starts them, stops them, kills them and starts another in their place. Each runs the same application.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { inheritedOptions } from "../provider/start.ts";
import { MarketplaceError } from "./marketplaceError.ts";
import type { Place } from "./openMarketplace.ts";
import { siblingProgram } from "./siblingProgram.ts";
import { Work } from "./workOf.ts";

export interface Workers {
  readonly count: number;
  /** Kills one worker in the middle of whatever it does (SIGKILL) and starts another. */
  replace(index: number): Promise<void>;
  /** Stops all and resolves to their reports added up; those that were killed said nothing. */
  stop(): Promise<Work>;
}

interface Worker { readonly child: ChildProcess; readonly exited: Promise<void>; lines: string[] }

const STOP_GRACE_MS = 20_000;

/** @throws MarketplaceError `WORKER_ENDED` when one ends before it works; then none is left. */
export async function startWorkers(count: number, place: Place, providerUrl: string): Promise<Workers> {
  const started = await Promise.allSettled(Array.from({ length: count }, () => startWorker(place, providerUrl)));
  const workers = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = started.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    // They would keep this process, and hold what they have taken.
    for (const { child } of workers) child.kill("SIGKILL");
    await Promise.all(workers.map(({ exited }) => exited));
    throw failed.reason;
  }
  return {
    count,
    async replace(index) {
      const victim = workers[index];
      if (victim === undefined) return;
      victim.child.kill("SIGKILL");
      await victim.exited;
      workers[index] = await startWorker(place, providerUrl);
    },
    async stop() {
      const work = { retries: 0, probes: 0 };
      await Promise.all(workers.map(async ({ child, exited, lines }) => {
        child.stdin?.end();
        const late = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
        await exited;
        clearTimeout(late);
        const last = lines.at(-1);
        if (last === undefined) return;
        const one = Work.parse(JSON.parse(last));
        work.retries += one.retries;
        work.probes += one.probes;
      }));
      return work;
    },
  };
}

async function startWorker({ database, folder, schema, style }: Place, providerUrl: string): Promise<Worker> {
  const main = siblingProgram(import.meta.url, "../worker");
  const words = ["--folder", folder, "--schema", schema, "--provider", providerUrl, "--style", style];
  // The URL may hold a password: the environment is not shown in process lists.
  const env = database === null ? process.env : { ...process.env, MARKETPLACE_DATABASE_URL: database };
  const nodeOptions = inheritedOptions(process.execArgv);
  const child = spawn(process.execPath, [...nodeOptions, main, ...words], { stdio: ["pipe", "pipe", "inherit"], env });
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.stdin.on("error", () => undefined); // it may be gone when its input is closed
  const worker: Worker = { child, exited, lines: [] };
  const output = createInterface({ input: child.stdout });
  const ready = once(output, "line");
  const first = await Promise.race([ready, exited]);
  if (first === undefined) throw new MarketplaceError("WORKER_ENDED", "A worker process ended before it was ready: its own words are above.");
  output.on("line", (line) => { worker.lines.push(line); });
  return worker;
}
