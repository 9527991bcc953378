// A search that ends in the middle goes on from its checkpoint to the same end; another subject's checkpoint is refused.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { isEvenkeelError } from "@evenkeel/core";
import { check } from "../model/check.ts";
import { explore } from "./explore.ts";
import { model } from "../model/model.ts";

function cube(side: number, limit = Infinity) {
  return model({
    name: "cube", init: [{ x: 0, y: 0, tags: new Set(["start"]) }], deadlock: "allowed",
    actions: {
      x: (s, next) => { if (s.x < side) next({ ...s, x: s.x + 1, tags: new Set([`x${s.x}`]) }); },
      y: (s, next) => { if (s.y < side) next({ ...s, y: s.y + 1 }); },
    },
    invariants: { "within": (s) => s.x + s.y <= limit },
    sometimes: { "near": (s) => s.x + s.y === 3, "far": (s) => s.x === 50 },
  });
}

function fileFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-checkpoint-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "search");
}

test("a search that met a bound goes on to the end that it would have had, and leaves no file", async (t) => {
  const file = fileFor(t);
  const whole = await check(cube(60));
  for (const maxDepth of [10, 11, 70]) {
    const part = await check(cube(60), { maxDepth, checkpoint: { file, eachSeconds: 0 } });
    assert.deepEqual([part.verdict, part.depth], ["bounded", maxDepth]);
    assert.ok(existsSync(file));
  }
  const rest = await check(cube(60), { checkpoint: { file, eachSeconds: 0 } });
  const comparable = ({ seconds: _s, peakMemoryBytes: _m, ...report }: typeof whole) => report;
  assert.deepEqual(comparable(rest), comparable(whole));
  assert.equal(existsSync(file), false);
});

test("a way that began before the checkpoint is shown whole", async (t) => {
  const file = fileFor(t);
  await check(cube(40, 30), { maxDepth: 20, checkpoint: { file, eachSeconds: 0 } });
  const report = await check(cube(40, 30), { checkpoint: { file } });
  assert.deepEqual([report.verdict, report.trace?.steps.length], ["violated", 32]);
});

test("a checkpoint of another subject, another seed or damaged is refused, and stays", async (t) => {
  const file = fileFor(t);
  await check(cube(40), { maxDepth: 20, checkpoint: { file, eachSeconds: 0 } });
  const refused = async (subject: ReturnType<typeof cube>, options = {}) => assert.rejects(
    check(subject, { checkpoint: { file }, ...options }), (error) => isEvenkeelError(error) && error.code === "CHECKPOINT_MISMATCH",
  );
  await refused(cube(5));
  await refused(cube(40), { seed: 1 });
  await refused(cube(40), { fingerprintBits: 128 });
  const content = readFileSync(file);
  content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
  writeFileSync(file, content);
  await refused(cube(40));
  assert.ok(existsSync(file));
});

test("what cannot be kept says so", async (t) => {
  const endless = model({ name: "m", init: [0], actions: { stay: (s, next) => next(s) }, eventually: { zero: (s) => s === 0 } });
  const { codec: _none, ...space } = cube(3).subject.space;
  const foreign = { ...cube(3).subject, space };
  await assert.rejects(explore(foreign, { checkpoint: { file: fileFor(t) } }), /no form that another process could read/);
  await assert.rejects(check(endless, { checkpoint: { file: fileFor(t) } }), (error) => isEvenkeelError(error) && error.code === "CONFIG_INVALID");
});
