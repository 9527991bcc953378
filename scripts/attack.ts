// `npm run attack`: random kills of workers, publishers, the server and everything at once, for as many rounds as you like, on a server and
// in a folder of its own. Stops at the first violation and prints how to repeat it.
//   npm run attack -- --rounds 10000      how many kills, 200 unless told
//   npm run attack -- --seed 7            the same choices again; times differ from run to run, so a race may need several
//   npm run attack -- --audit-every 50    rounds between two audits, 50 unless told
//   npm run attack -- --pause-ms 250      mean pause between two rounds
//   npm run attack -- --json              one object a line
import { parseArgs } from "node:util";
import { runAttack, type AttackProgress } from "../tests/attacks/chaos/run-attack.ts";
import { runSeed } from "../tests/attacks/ledger/random.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words], strict: true,
    options: {
      rounds: { type: "string", default: "200" }, seed: { type: "string" }, "audit-every": { type: "string", default: "50" },
      "pause-ms": { type: "string", default: "250" }, json: { type: "boolean", default: false },
    },
  });
  const seed = values.seed === undefined ? runSeed() : whole("seed", values.seed, 0);
  const rounds = whole("rounds", values.rounds, 1);
  const say = (kind: string, fields: object, text: string): void => console.log(values.json ? JSON.stringify({ kind, ...fields }) : text);
  say("begin", { seed, rounds }, `seed ${String(seed)}, ${String(rounds)} rounds`);
  const begun = performance.now();
  const report = await runAttack({
    seed, rounds, auditEvery: whole("audit-every", values["audit-every"], 1), pauseMs: whole("pause-ms", values["pause-ms"], 1),
    onProgress: (progress) => {
      if (progress.note === "auditing" || progress.round % 10 === 0) say("progress", progress, progressLine(progress, performance.now() - begun));
    },
  });
  const { violation, posts, victims } = report;
  if (violation === null) {
    say("end", report, `clean after ${String(rounds)} rounds and ${String(posts)} posts: ${JSON.stringify(victims)}`);
    return 0;
  }
  const repeat = `npm run attack -- --seed ${String(seed)} --rounds ${String(violation.round)} --audit-every ${values["audit-every"]} --pause-ms ${values["pause-ms"]}`;
  say("violation", { ...report, repeat }, `VIOLATION in round ${String(violation.round)}:\n  ${violation.faults.join("\n  ")}\nthe same choices again: ${repeat}`);
  return 1;
}

function progressLine({ round, posts, note }: AttackProgress, elapsedMs: number): string {
  return `${String(Math.round(elapsedMs / 1_000)).padStart(5)} s  round ${String(round)}  ${String(posts)} posts  ${note}`;
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) throw new Error(`--${name} needs a whole number from ${String(least)}; it got "${text}".`);
  return value;
}
