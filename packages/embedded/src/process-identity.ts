// Tells whether a process noted earlier is still the same process, although process numbers are reused.
// It only looks; it signals nothing. Windows offers no cheap start time, so there a number alone must do.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the platform's own notation; "" where the platform does not tell. */
  readonly startedAt: string;
}

/** The identity of a running process; `undefined` when there is none, or only a zombie of it. */
export function identify(pid: number): ProcessIdentity | undefined {
  if (!accepts(pid)) return undefined;
  if (process.platform === "linux") return identifyOnLinux(pid);
  if (process.platform === "win32") return { pid, startedAt: "" };
  const [state = "", ...startedAt] = ps(pid, "state=,lstart=").split(/\s+/);
  return state.startsWith("Z") ? undefined : { pid, startedAt: startedAt.join(" ") };
}

/** True unless the process has certainly ended: where the start time is unknown, the benefit of the doubt is "alive". */
export function isStillRunning(noted: ProcessIdentity): boolean {
  const now = identify(noted.pid);
  if (now === undefined) return false;
  return now.startedAt === "" || noted.startedAt === "" || now.startedAt === noted.startedAt;
}

/** Reads a noted identity; `undefined` for anything else. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("pid" in value) || !("startedAt" in value)) return undefined;
    const { pid, startedAt } = value;
    return typeof pid === "number" && typeof startedAt === "string" ? { pid, startedAt } : undefined;
  } catch {
    return undefined;
  }
}

/** The words a process was started with; `undefined` where the platform does not tell. */
export function commandLineOf(pid: number): string | undefined {
  if (process.platform === "win32") return undefined;
  if (process.platform !== "linux") return ps(pid, "args=") || undefined;
  return read(`/proc/${pid}/cmdline`)?.replaceAll("\0", " ").trimEnd();
}

function identifyOnLinux(pid: number): ProcessIdentity | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // A hidden /proc (hidepid) shows nothing of other users: the signal was accepted, so it runs.
  if (stat === undefined) return accepts(pid) ? { pid, startedAt: "" } : undefined;
  // The name in brackets may hold anything, so count from the last bracket: state is field 3, start is field 22.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  return { pid, startedAt: `${bootId()}/${fields[19] ?? ""}` };
}

/** Ticks count from the boot, so they mean something only together with the boot. */
function bootId(): string {
  return read("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
}

function accepts(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function ps(pid: number, columns: string): string {
  try {
    return execFileSync("ps", ["-o", columns, "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return ""; // ps fails for a process that has just ended
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // it has ended, or belongs to somebody else
  }
}
