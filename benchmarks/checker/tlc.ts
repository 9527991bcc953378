// TLC with one worker on the same model, where there is one at hand: a jar (EVENKEEL_TLC_JAR), the specifications of tlaplus/Examples
// (EVENKEEL_TLC_SPECS, the folder `specifications`) and java. It reads TLC's last lines and nothing else of it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, basename, join } from "node:path";
import type { BenchmarkSubject } from "./subjects.ts";

interface TlcRun {
  readonly generated: number;
  readonly distinct: number;
  /** Of the whole process, as ours. */
  readonly wallSeconds: number;
}

/** Why TLC cannot be asked, or null. */
export function absenceOfTlc(env: NodeJS.ProcessEnv): string | null {
  if (env["EVENKEEL_TLC_JAR"] === undefined) return "EVENKEEL_TLC_JAR is not set";
  if (env["EVENKEEL_TLC_SPECS"] === undefined) return "EVENKEEL_TLC_SPECS is not set";
  return spawnSync("java", ["-version"]).status === 0 ? null : "there is no java";
}

/** One run, with TLC's own default heap. Throws where TLC fails or says nothing of its states. */
export function runTlc(subject: BenchmarkSubject, env: NodeJS.ProcessEnv): TlcRun | null {
  if (subject.tla === null) return null;
  const module = join(env["EVENKEEL_TLC_SPECS"] ?? "", subject.tla.module);
  const scratch = mkdtempSync(join(tmpdir(), "evenkeel-tlc-"));
  try {
    const start = performance.now();
    const run = spawnSync(
      "java",
      [
        "-XX:+UseParallelGC", "-cp", env["EVENKEEL_TLC_JAR"] ?? "", "tlc2.TLC", "-workers", "1", "-metadir", scratch, ...subject.tla.options,
        "-config", `${basename(module)}.cfg`, `${basename(module)}.tla`,
      ],
      { cwd: dirname(module), encoding: "utf8" },
    );
    const wallSeconds = (performance.now() - start) / 1000;
    const counts = countsOf(run.stdout);
    if (run.status !== 0 || counts === null) throw new Error(`TLC failed on ${subject.name} (exit code ${run.status}): ${run.stdout.slice(-500)}${run.stderr.slice(-500)}`);
    return { ...counts, wallSeconds };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** From the line that TLC ends with: "97 states generated, 16 distinct states found, 0 states left on queue." */
function countsOf(text: string): { generated: number; distinct: number } | null {
  const last = [...text.matchAll(/^([\d,]+) states generated, ([\d,]+) distinct states found, 0 states left on queue\.$/gm)].at(-1);
  const [, generated, distinct] = last ?? [];
  if (generated === undefined || distinct === undefined) return null;
  return { generated: Number(generated.replaceAll(",", "")), distinct: Number(distinct.replaceAll(",", "")) };
}
