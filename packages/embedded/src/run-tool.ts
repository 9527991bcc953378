// Starts a PostgreSQL program as the server's user, with an environment and working folder that cannot mislead it.
import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { tool, unavailableHere } from "./binaries.ts";
import type { Binaries, ToolName } from "./binaries.ts";
import { hasCode } from "./has-code.ts";
import type { Home } from "./home.ts";

interface ToolResult {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** Runs a program to its end and collects what it says. Throws EMBEDDED_UNAVAILABLE when it cannot run on this system. */
export async function runTool(
  binaries: Binaries, home: Home, name: ToolName, args: readonly string[], input = "",
): Promise<ToolResult> {
  const child = spawnTool(binaries, home, name, args, { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stdin?.on("error", () => undefined); // it ended before reading: its exit code tells why
  child.stdin?.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) => reject(spawnError(tool(binaries, name), error)));
    child.once("close", resolve);
  });
  return { code, lines: output.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "") };
}

/** Starts a program without waiting for it. */
export function spawnTool(
  binaries: Binaries, home: Home, name: ToolName, args: readonly string[], options: SpawnOptions,
): ChildProcess {
  return spawn(tool(binaries, name), args, { ...home.user, cwd: home.base, env: environment(), windowsHide: true, ...options });
}

export function spawnError(program: string, error: Error): Error {
  return hasCode(error, "ENOENT", "ENOEXEC") ? unavailableHere(program, error) : error;
}

/** PGDATA, PGPORT and the like of the caller must not leak in; messages stay in English so that they can be recognised. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: "C" };
}
