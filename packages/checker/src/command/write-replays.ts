// Writes the counterexamples of a run as tests that play them again. One that is mended keeps its test: nothing is ever removed.
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { replayTest } from "../replay/replay-test.ts";
import type { CheckResult } from "./run-checks.ts";

/**
 * One test for each broken property, named after its check and itself, so that another property's stays. A model has nothing to play.
 *
 * @param around the folder that the results' files are relative to.
 * @returns the files that were written.
 */
export async function writeReplays(results: readonly CheckResult[], folder: string, around: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const { file, name, reports } of results) {
    const report = reports.at(-1);
    if (report?.trace == null) continue;
    const text = replayTest(report, { module: moduleOf(folder, resolve(around, file)), name: name === "(default)" ? "default" : name });
    if (text === null) continue;
    await mkdir(folder, { recursive: true });
    const base = `${file.replace(/\.check\.\w+$/, "")}-${name}-${report.trace.property}`.replaceAll(/[^\w.-]+/g, "-").replaceAll(/-{2,}/g, "-");
    const path = join(folder, `${base}.test${/\.\w+$/.exec(file)?.[0] ?? ".ts"}`);
    await writeFile(path, text);
    files.push(path);
  }
  return files;
}

function moduleOf(folder: string, file: string): string {
  const path = relative(folder, file).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
}
