// What the ownership loop makes of the roster, against a store that says whatever the test wants it to say. Takeovers on real stores: tests/attacks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { manualHost } from "../call/testing/manual-host.ts";
import type { Roster } from "../spi/store.ts";
import { ownership } from "./ownership.ts";

const GROUP = "billing";
const LEASE_MS = 800;
/** Longer than two looks. */
const SOON_MS = 300;

interface Lease { worker: string | null; epoch: number }

/** One worker, "me", with a group of two partitions. */
function scene() {
  const host = manualHost();
  const alive = new Set(["me"]);
  const leases: Lease[] = [{ worker: null, epoch: 0 }, { worker: null, epoch: 0 }];
  const heard: string[] = [];
  const released: string[] = [];
  const beats = { sentAt: 0 };
  const owners = ownership({
    host, worker: "me", leaseMs: LEASE_MS, spread: "services",
    store: {
      join: async () => ({ beat: () => undefined, confirmedMsAgo: () => host.elapsed() - beats.sentAt, leave: async () => undefined }),
      roster: async (): Promise<Roster> => ({
        workers: [...alive].map((id) => ({ id, groups: [GROUP] })),
        leases: leases.map(({ worker, epoch }, partition) => ({ group: GROUP, partition, worker, epoch })),
        gathered: [], pendingControls: [], pendingCallControls: [], breakers: [],
      }),
      acquire: async ({ worker, partitions }) => partitions.flatMap((partition) => {
        const lease = leases[partition];
        if (lease === undefined || (lease.worker !== null && lease.worker !== worker && alive.has(lease.worker))) return [];
        lease.worker = worker;
        lease.epoch++;
        return [{ partition, epoch: lease.epoch, position: 0, parked: [], suspect: false, mark: null }];
      }),
      release: async ({ fences }) => {
        for (const { partition, epoch } of fences) {
          released.push(`${String(partition)}@${String(epoch)}`);
          const lease = leases[partition];
          if (lease?.worker === "me" && lease.epoch === epoch) lease.worker = null;
        }
      },
      gather: async () => undefined,
    },
    members: [{
      group: GROUP, partitions: 2,
      granted: (grants) => { for (const { partition, epoch } of grants) heard.push(`granted ${String(partition)}@${String(epoch)}`); },
      lost: (partitions) => { for (const partition of partitions) heard.push(`lost ${String(partition)}`); },
      leave: (partitions) => { for (const partition of partitions) heard.push(`leave ${String(partition)}`); },
    }],
  });
  const stop = async (): Promise<void> => { owners.close(); await owners.leave(); };
  return { host, alive, leases, heard, released, beats, owners, stop };
}

test("a partition that another took and gave back, and whose loss no commit told, is taken anew", async () => {
  const { host, leases, heard, stop, owners } = scene();
  await owners.start();
  await host.pass(SOON_MS);
  assert.deepEqual(heard.splice(0), ["granted 0@1", "granted 1@1"]);
  // As when a version that handles more names ends the leases of the group.
  leases[1] = { worker: null, epoch: 2 };
  await host.pass(SOON_MS);
  assert.deepEqual(heard.splice(0), ["lost 1", "granted 1@3"]);
  await host.pass(10 * LEASE_MS);
  assert.deepEqual(heard, []);
  await stop();
});

test("a partition that a living worker holds is lost, and left to it until it gives it back", async () => {
  const { host, alive, leases, heard, stop, owners } = scene();
  await owners.start();
  await host.pass(SOON_MS);
  heard.length = 0;
  leases[0] = { worker: "other", epoch: 2 };
  alive.add("other");
  await host.pass(SOON_MS);
  assert.deepEqual(heard.filter((one) => one.includes(" 0")), ["lost 0"]);
  leases[0] = { worker: null, epoch: 2 };
  alive.delete("other");
  await host.pass(SOON_MS);
  assert.deepEqual(heard.filter((one) => one.includes(" 0")), ["lost 0", "granted 0@3"]);
  await stop();
});

test("a partition that is being handed over is lost, too, once another has it: nothing of it is released any more", async () => {
  const { host, alive, leases, heard, released, stop, owners } = scene();
  await owners.start();
  await host.pass(SOON_MS);
  heard.length = 0;
  // Of the two, the elder is dealt the first partition.
  alive.delete("me");
  alive.add("other");
  alive.add("me");
  await host.pass(SOON_MS);
  assert.deepEqual(heard.splice(0), ["leave 0"]);
  leases[0] = { worker: "other", epoch: 2 };
  await host.pass(SOON_MS);
  assert.deepEqual(heard, ["lost 0"]);
  owners.released(GROUP, [{ partition: 0, epoch: 1 }]);
  assert.deepEqual(released, []);
  await stop();
});

test("what is held as the store has it is left alone", async () => {
  const { host, heard, stop, owners } = scene();
  await owners.start();
  await host.pass(20 * LEASE_MS);
  owners.forfeit(GROUP, [1]);
  await host.pass(20 * LEASE_MS);
  assert.deepEqual(heard, ["granted 0@1", "granted 1@1", "lost 1", "granted 1@2"]);
  await stop();
});

test("what is held is certainly ours for three quarters of a lease from the sending of the youngest confirmed heartbeat", async () => {
  const { host, beats, stop, owners } = scene();
  await owners.start();
  assert.equal(owners.isOursUntil(), 600);
  await host.pass(SOON_MS);
  assert.equal(owners.isOursUntil(), 600, "a heartbeat that was not confirmed says nothing");
  beats.sentAt = 250;
  assert.equal(owners.isOursUntil(), 850);
  await stop();
});
