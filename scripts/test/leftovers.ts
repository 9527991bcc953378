// Finds and removes what a test file left behind: processes that carry its mark or live in its folder, and files in its
// temporary folder. Works from /proc, so it sees detached grandchildren too; on a system without /proc it refuses to
// guess and says so.
import { existsSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

type Traces = { readonly mark: string; readonly folder: string; readonly expected: ReadonlySet<string> };

/** Lists the leftovers in words, after ending the processes and emptying the folder so that the next file starts clean. */
export async function clearLeftovers(traces: Traces): Promise<string[]> {
  const processes = await endProcesses(traces);
  const files = readdirSync(traces.folder).filter((name) => !traces.expected.has(name));
  const lines = [...processes, ...files.map((name) => `file or folder ${name} in the temporary folder`)];
  await rm(traces.folder, { recursive: true, force: true });
  return lines;
}

// A server that was told to stop needs a moment to vanish; whoever is still there after this was not told, or did not wait.
const graceMs = 2_000;

async function endProcesses(traces: Traces): Promise<string[]> {
  const until = Date.now() + graceMs;
  let found = processesOf(traces);
  while (found.length > 0 && Date.now() < until) {
    await pause(50);
    found = processesOf(traces);
  }
  for (const { pid } of found) killIfThere(pid);
  while (processesOf(traces).length > 0) await pause(20);
  return found.map(({ pid, command }) => `process ${pid}: ${command}`);
}

function processesOf({ mark, folder }: Traces): { pid: number; command: string }[] {
  if (!existsSync("/proc/self/environ")) {
    throw new Error("Leftover processes are found through /proc, which this system lacks: run the tests on Linux.");
  }
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), command: readProc(name, "cmdline").replaceAll("\0", " ").trim() }))
    .filter(({ pid, command }) => command !== "" && belongs(String(pid), command));

  // PostgreSQL overwrites its environment with its title, but works inside its data folder: hence the second and third look.
  function belongs(pid: string, command: string): boolean {
    const marked = readProc(pid, "environ").split("\0").includes(mark);
    return marked || workingFolder(pid).startsWith(`${folder}/`) || command.includes(`${folder}/`);
  }
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(join("/proc", pid, file), "utf8");
  } catch {
    return ""; // It ended meanwhile, or it belongs to another user and so is not ours.
  }
}

function workingFolder(pid: string): string {
  try {
    return readlinkSync(join("/proc", pid, "cwd"));
  } catch {
    return "";
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself between the look and the kill.
  }
}
