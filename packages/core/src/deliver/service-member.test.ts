// A partition goes back when both workers of a service have let go of it, in the same ownership.
import assert from "node:assert/strict";
import test from "node:test";
import type { Fence } from "../spi/store.ts";
import { JointRelease } from "./service-member.ts";

function joint(): { release: JointRelease; released: Fence[] } {
  const released: Fence[] = [];
  return { released, release: new JointRelease((fences) => { released.push(...fences); }) };
}

const at = (partition: number, epoch: number): Fence => ({ partition, epoch });

test("a partition is given back once both have let go of it, in whichever order, and only once", () => {
  const { release, released } = joint();
  release.by("executor", [at(0, 1), at(1, 1)]);
  assert.deepEqual(released, []);
  release.by("executor", [at(0, 1)]);
  assert.deepEqual(released, [], "one of them twice is not both");
  release.by("runner", [at(0, 1)]);
  release.by("runner", [at(1, 1)]);
  assert.deepEqual(released, [at(0, 1), at(1, 1)]);
});

test("a partition that was lost before both had let go is given back once both let go of it in one ownership, however often that happened", () => {
  const { release, released } = joint();
  for (let epoch = 1; epoch <= 1_000; epoch++) release.by(epoch % 2 === 0 ? "executor" : "runner", [at(3, epoch)]);
  assert.deepEqual(released, [], "releases of different epochs are not two of the same");
  release.by("runner", [at(3, 1_000)]);
  assert.deepEqual(released, [at(3, 1_000)]);
});

test("a late word about an ownership before does not undo that one of them has let go now", () => {
  const { release, released } = joint();
  release.by("executor", [at(0, 2)]);
  release.by("runner", [at(0, 1)]);
  assert.deepEqual(released, []);
  release.by("runner", [at(0, 2)]);
  assert.deepEqual(released, [at(0, 2)]);
});
