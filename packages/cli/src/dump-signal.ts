// SIGUSR2 asks a running worker who waits for what in it: written to standard error, for whoever looks at a process that seems to hang. Not
// SIGUSR1, which opens Node's inspector. A process whose event loop stands still cannot answer; its heartbeat's thread says so by itself.
import type { WaitDump } from "./load-app.ts";
import { duration, table } from "./table.ts";

const SIGNAL = "SIGUSR2";

/** @returns how to stop listening: the signal then ends the process again, as it does by default. */
export function dumpOnSignal(dump: () => WaitDump | string, json: boolean, say: (text: string) => void): () => void {
  const hear = (): void => {
    const seen = dump();
    if (json) say(`${JSON.stringify({ event: "waits", pid: process.pid, ...(typeof seen === "string" ? { reason: seen } : seen) })}\n`);
    else say(typeof seen === "string" ? `${seen}\n` : dumpText(seen));
  };
  process.on(SIGNAL, hear);
  return () => { process.off(SIGNAL, hear); };
}

function dumpText({ health, waits }: WaitDump): string {
  const services = Object.entries(health.progress.services).map(([group, { handled, waiting }]) => `${group} has handled ${String(handled)} and holds ${String(waiting)}`);
  const head = `process ${String(process.pid)} is ${health.status}${services.length === 0 ? "" : `; ${services.join(", ")}`}\n`;
  const found = health.findings.map((one) => `stalled: ${one.message}\n`).join("");
  if (waits.length === 0) return `${head}${found}Nothing is waited for.\n`;
  return `${head}${found}${table(waits, [
    { title: "FOR", value: (one) => duration(one.forMs) },
    { title: "LIMIT", value: (one) => one.limitMs === null ? "-" : duration(one.limitMs) },
    { title: "STATE", value: (one) => one.givenUp ? "given up" : one.overdue ? "overdue" : "waits" },
    { title: "WAIT", value: (one) => one.name },
    { title: "DETAIL", value: (one) => one.detail ?? "" },
  ])}`;
}
