// Runs one block of documentation as its reader would: a TypeScript block as a program, a shell block in the repository's
// root; with a database of its own. Ends what does not end by itself.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CodeBlock } from "./code-blocks.ts";

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

// Far above what any example takes; it is here only so that a hanging one does not hang the run.
const limitMs = 120_000;

/** `file` is the block's TypeScript file; a shell block needs none. */
export async function runBlock(block: CodeBlock, place: { root: string; file: string; databaseUrl: string }): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "docs-"));
  try {
    const [command, ...words] = commandOf(block, place.file);
    // A program's own folder is its working folder, so that what it writes is not written into the repository.
    const cwd = block.language === "sh" ? place.root : folder;
    const environment = { ...withoutTestContext(), EVENKEEL_DATABASE_URL: place.databaseUrl };
    return await collect(command, words, { cwd, env: environment });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function commandOf(block: CodeBlock, file: string): [string, ...string[]] {
  if (block.language === "sh") return ["bash", "-euo", "pipefail", "-c", block.code.map(({ text }) => text).join("\n")];
  return [process.execPath, "--conditions=evenkeel-source", "--import", import.meta.resolve("../test/sources.mjs"), "--enable-source-maps", file];
}

async function collect(command: string, words: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<Ended> {
  const child = spawn(command, words, { ...options, stdio: ["ignore", "pipe", "pipe"], timeout: limitMs, killSignal: "SIGKILL" });
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (printed.stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
  return { code, ...printed };
}

function withoutTestContext(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _outer, ...rest } = process.env;
  return rest;
}
