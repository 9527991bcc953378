// A schema of its own for one test, with a store and an owner of its only partition: what it commits is what the test says. It judges nothing.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import { isEvenkeelError } from "@evenkeel/core";
import type { Commit, CommitResult, Manifest, Store } from "@evenkeel/core/spi";
import { Database } from "../connection.ts";
import { openPostgres } from "../store.ts";

const url = process.env["EVENKEEL_TEST_DATABASE_URL"] ?? "";
assert.notEqual(url, "", "EVENKEEL_TEST_DATABASE_URL names the server to test on; `npm test` sets it");

export const GROUP = "billing";

export interface Place {
  readonly url: string;
  /** The plain schema name, and the quoted one. */
  readonly schema: string;
  readonly s: string;
  readonly database: Database;
  /** Another process's store on the schema, not prepared. */
  store(): Store;
}

export function freshSchema(t: TestContext): Place {
  const schema = `t_${randomUUID().replaceAll("-", "")}`;
  const database = Database.open(url, 3, 60_000, () => undefined);
  t.after(async () => {
    await database.query(`drop schema if exists ${schema} cascade`);
    await database.close();
  });
  return {
    url, schema, s: `"${schema}"`, database,
    store: () => {
      const store = openPostgres({ url, schema, poolSize: 3, log: () => undefined });
      t.after(() => store.close());
      return store;
    },
  };
}

export const manifestOf = (...entities: readonly string[]): Manifest =>
  ({ partitions: 1, groups: [{ name: GROUP, handles: ["order.placed"] }], entities, schemas: [] });

interface Owner {
  readonly store: Store;
  readonly worker: string;
  readonly fences: Commit["fences"];
  commit(parts: Partial<Commit>): Promise<CommitResult>;
}

/** Prepares the store, joins and owns the partition until the test ends. */
export async function oneOwner(t: TestContext, place: Place, ...entities: readonly string[]): Promise<Owner> {
  const store = place.store();
  await store.prepare(manifestOf(...entities));
  const worker = randomUUID();
  const membership = await store.join({ id: worker, groups: [GROUP], leaseMs: 600_000 });
  t.after(() => membership.leave());
  const fences = (await store.acquire({ worker, group: GROUP, partitions: [0] })).map(({ partition, epoch }) => ({ partition, epoch }));
  assert.equal(fences.length, 1);
  return {
    store, worker, fences,
    commit: (parts) => store.commit({
      group: GROUP, worker, fences, progress: [], documents: [], messages: [], calls: [], callUpdates: [], timers: [], cancelledTimers: [],
      firedTimers: [], sql: [], park: [], unpark: [], retries: [], ...parts,
    }),
  };
}

export const put = (entity: string, key: string, version: number | null, body: unknown): Commit["documents"][number] =>
  ({ entity, tenant: "default", key, version, write: { kind: "put", body: JSON.stringify(body) } });

/** Version and body of a document. */
export async function see(store: Store, entity: string, key: string): Promise<readonly [number, unknown]> {
  const [found] = await store.load([{ entity, tenant: "default", key }]);
  const body: unknown = found?.body == null ? null : JSON.parse(found.body);
  return [found?.version ?? -1, body];
}

export const failureOf = (work: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> =>
  work.then(() => ({ code: "no error", message: "" }), (error: unknown) => ({
    code: isEvenkeelError(error) ? error.code : String(error), message: error instanceof Error ? error.message : "",
  }));
