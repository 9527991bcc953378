// Child processes of an attack: started with the loader that runs this one, heard line by line, and gone at the end whatever happened.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export type Line = Readonly<Record<string, unknown>>;

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Every line it said. */
  readonly lines: readonly Line[];
  /** The end of what it wrote to standard error. */
  errors(): string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  isRunning(): boolean;
  kill(signal: NodeJS.Signals): void;
  tell(text: string): void;
  /** Resolves with the first line that fits; rejects when the process ends without one, or after the limit. */
  said(event: string): Promise<Line>;
}

interface Nursery {
  start(name: string, file: string, environment: Readonly<Record<string, string>>, onLine?: (line: Line) => void): Child;
  /** What those that still run wrote to standard error last. */
  errors(): readonly string[];
  /** Ends everything that still runs. */
  endAll(): Promise<void>;
}

const PATIENCE_MS = 60_000;

export function nursery(): Nursery {
  const running = new Set<Child>();
  return {
    start: (name, file, environment, onLine = () => undefined) => {
      const child = startChild(name, file, environment, onLine);
      running.add(child);
      void child.ended.then(() => { running.delete(child); });
      return child;
    },
    errors: () => [...running].filter((child) => child.errors() !== "").map((child) => `${child.name}: ${child.errors()}`),
    endAll: async () => {
      const all = [...running];
      for (const child of all) child.kill("SIGKILL");
      await Promise.all(all.map((child) => child.ended));
    },
  };
}

function startChild(name: string, file: string, environment: Readonly<Record<string, string>>, onLine: (line: Line) => void): Child {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [...loader(), path], { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...environment } });
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let rest = "";
  let errors = "";
  const wake = (): void => { for (const look of [...waiting]) look(); };
  child.stdin.on("error", () => undefined);
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const line = JSON.parse(part) as Line;
      if ("event" in line) lines.push(line);
      onLine(line);
    }
    wake();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => { errors = (errors + text).slice(-6_000); });
  // "close", not "exit": everything it said has been heard by then.
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("close", (code, signal) => { resolve({ code, signal }); wake(); });
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    name, pid: child.pid ?? -1, lines, ended, isRunning,
    errors: () => errors,
    kill: (signal) => { child.kill(signal); },
    tell: (text) => { child.stdin.write(text); },
    said: (event) => new Promise((resolve, reject) => {
      const done = (): void => { clearTimeout(limit); waiting.delete(look); };
      const look = (): void => {
        const found = lines.find((line) => line["event"] === event);
        if (found !== undefined) { done(); resolve(found); }
        else if (!isRunning()) { done(); reject(new Error(`${name} ended before it said '${event}':\n${errors}`)); }
      };
      const limit = setTimeout(() => { done(); reject(new Error(`${name} did not say '${event}' within ${String(PATIENCE_MS / 1_000)} s:\n${errors}`)); }, PATIENCE_MS);
      waiting.add(look);
      look();
    }),
  };
}

/** What runs the sources in this process runs them in that one, too; the test runner's own options stay here. */
function loader(): readonly string[] {
  return process.execArgv.flatMap((word, index, words) => {
    if (word === "--import") return [word, words[index + 1] ?? ""];
    return word.startsWith("--conditions=") || word.startsWith("--import=") ? [word] : [];
  });
}
