// Makes a throw-away project with planted test files and runs the real runner on it, for the runner's own tests.
// It never runs the tests of this repository.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

type PlantedRun = { readonly code: number | null; readonly output: string; readonly lastLine: string };

const runner = fileURLToPath(new URL("../test.ts", import.meta.url));

/** Writes `files` (path → source) into a new project, runs the runner there, and removes the project. */
export async function runPlanted(files: Readonly<Record<string, string>>, words: readonly string[] = []): Promise<PlantedRun> {
  const root = mkdtempSync(join(tmpdir(), "planted-"));
  try {
    for (const [path, source] of Object.entries({ "package.json": '{ "type": "module" }', ...files })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), source);
    }
    return await runRunner([`--root=${root}`, ...words]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function runRunner(words: readonly string[]): Promise<PlantedRun> {
  const options = ["--conditions=evenkeel-source", "--import", import.meta.resolve("tsx"), runner, ...words];
  const child = spawn(process.execPath, options, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
  return { code, output, lastLine: output.trimEnd().split("\n").at(-1) ?? "" };
}

/** A test file's source with `body` after the usual imports. */
export function testSource(body: string): string {
  return `import test, { describe } from "node:test";\nimport assert from "node:assert/strict";\n${body}\n`;
}
