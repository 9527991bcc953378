// A worker of the trips in a process of its own, so that it can be killed, or kills itself where it was told to. It ends with its parent.
import { existsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { notPerformed } from "evenkeel";
import { randomOf } from "../ledger/random.ts";
import { tripPorts } from "./provider.ts";
import type { Fate } from "./trips.ts";
import { tripsApp, WorkerTask } from "./trips-app.ts";

process.stdin.on("end", () => { process.exit(0); }).resume();
const task = WorkerTask.parse(JSON.parse(process.env["TRIPS_TASK"] ?? "null"));
const { url, schema, death, folder, trouble, slowMs, leaseMs } = task;
const isThere = (name: string): boolean => folder !== null && existsSync(join(folder, name));

let times = 0;
const fate: Fate = {
  at: (place, trip) => {
    if (death?.place !== place || ("trip" in death ? death.trip !== trip : ++times < death.nth)) return;
    writeSync(1, `${JSON.stringify({ event: "dies", place, trip })}\n`);
    process.kill(process.pid, "SIGKILL");
  },
  isBroken: (where) => isThere(`broken-${where}`),
};
const gate = async (what: string): Promise<void> => {
  while (isThere(`closed-${what}`)) await pause(20);
  if (isThere(`refused-${what}`)) throw notPerformed("the desk has no time", { afterMs: 20 });
};
const noticed = new Set(["revival.refused", "message.dead-letter", "commit.failed", "lease.lost"]);

const { ports } = tripPorts({ url, schema, random: randomOf(task.seed), fate, gate, trouble, slowMs });
const { app } = await tripsApp({
  url, schema, fate, ports, leaseMs,
  log: (level, event, fields) => {
    if (level === "error" || noticed.has(event)) writeSync(1, `${JSON.stringify({ ...fields, event })}\n`);
  },
});
await app.start();
writeSync(1, `${JSON.stringify({ event: "works" })}\n`);
