// The commit function of an earlier version beside the present one, in one schema and for one partition: each goes on where the other stopped.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { COMMIT_3_PARAMETERS, commit3 } from "./testing/commit-3.ts";
import { freshSchema, GROUP, manifestOf, oneOwner, put, see } from "./testing/one-owner.ts";

const PARAMETERS = COMMIT_3_PARAMETERS.split(", ").map((one) => one.split(" ")[0] ?? "");

test("commits of an earlier version's function and of this one's follow each other, also for an entity that came after it", { timeout: 60_000 }, async (t) => {
  const place = freshSchema(t);
  const { s, database } = place;
  const owner = await oneOwner(t, place, "bill");
  await database.session((client) => client.command(commit3(s)));
  const [group] = await database.query(`select number from ${s}.consumer_group where name = $1`, [GROUP]);
  const number = Number(group?.[0]);
  const epoch = owner.fences[0]?.epoch ?? 0;
  /** As a worker of that version: parameters that are not given are null. */
  const commitBefore = async (given: Readonly<Record<string, string>>, first = `${String(number)}::smallint`): Promise<readonly (string | null)[]> => {
    const all: Readonly<Record<string, string>> = {
      c_group: first, c_worker: `'${owner.worker}'`, c_alone: "true", f_partition: "'{0}'", f_epoch: `'{${String(epoch)}}'`, ...given,
    };
    const [row] = await database.query(`select * from ${s}.commit_3(${PARAMETERS.map((one) => `${one} => ${all[one] ?? "null"}`).join(", ")})`);
    return row ?? [];
  };
  const document = (entity: string, version: number, body: string): Readonly<Record<string, string>> => ({
    e_name: `'{${entity}}'`, e_from: "'{1}'", e_to: "'{1}'", d_tenant: "'{default}'", d_key: "'{k}'", d_version: `'{${String(version)}}'`, d_write: "'{1}'",
    d_body: `array['${body}']`,
  });
  const message = (id: string): Readonly<Record<string, string>> => ({
    m_partition: "'{0}'", m_version: "'{1}'", m_occurred_at: "'{0}'", m_id: `'{${id}}'`, m_causation_id: "'{null}'", m_name: "'{order.placed}'",
    m_tenant: "'{default}'", m_key: "'{k}'", m_correlation_id: "'{c}'", m_trace: "'{null}'", m_body: "array['{}']",
  });

  const [, placed] = await commitBefore({ ...document("bill", 0, "1"), ...message(randomUUID()) });
  const position = Number(placed?.slice(1, -1));
  assert.ok(position > 0);
  assert.deepEqual(await owner.store.tails(), [{ partition: 0, position }]);
  assert.equal((await owner.commit({ documents: [put("bill", "k", 1, 2)], progress: [{ partition: 0, from: 0, to: position }] })).kind, "committed");
  // One follows the progress and the version of the other, and neither those that are past.
  const after = { p_partition: "'{0}'", p_from: `'{${String(position)}}'`, p_to: `'{${String(position + 1)}}'` };
  await assert.rejects(commitBefore({ ...document("bill", 1, "no"), ...after }), /another version/);
  await assert.rejects(commitBefore({ ...document("bill", 2, "3"), ...after, p_from: "'{0}'" }), /progress does not continue/);
  await commitBefore({ ...document("bill", 2, "3"), ...after });
  assert.equal((await owner.commit({ documents: [put("bill", "k", 2, "no")] })).kind, "conflict");
  assert.deepEqual(await see(owner.store, "bill", "k"), [3, 3]);

  // An entity that a worker of this version adds, and that one of the version before knows, too.
  await place.store().prepare(manifestOf("bill", "note"));
  await commitBefore(document("note", 0, "4"));
  await owner.store.prepare(manifestOf("bill", "note"));
  assert.deepEqual(await see(owner.store, "note", "k"), [1, 4]);

  // A call that either asks for is the other's, too; timers and declared statements are functions of their own.
  const call = {
    k_id: `'{${randomUUID()}}'`, k_partition: "'{0}'", k_tenant: "'{default}'", k_routing_key: "'{k}'", k_operation: "'{bank.charge}'", k_call_key: "'{c-1}'",
    k_input: "array['1']", k_causation_id: `'{${randomUUID()}}'`, k_correlation_id: "'{c}'", k_trace: "'{null}'", k_deadline_ms: "'{60000}'",
    k_state: "'{due}'", k_attempts: "'{0}'", k_due_ms: "'{0}'", k_deadline_in_ms: "'{60000}'",
  };
  await commitBefore(call);
  const id = randomUUID();
  const joining = await owner.commit({
    calls: [{
      id, tenant: "default", routingKey: "k", partition: 0, operation: "bank.charge", callKey: "c-1", input: "1", causationId: randomUUID(), correlationId: "c",
      trace: null, deadlineMs: 60_000,
    }],
  });
  assert.deepEqual(joining.kind === "committed" ? joining.joinedCalls : joining, [id]);
  await commitBefore({ statements: `'[{"text": "insert into ${place.schema}.setting values ($1, $2)", "values": ["n", "v"], "rows": 1}]'` });
  assert.deepEqual(await database.query(`select value from ${s}.setting where name = 'n'`), [["v"]]);

  // Revivals came in place of the first argument, which their function gives back.
  const revivals = (on: boolean): string =>
    `${s}.change_revivals_1(${String(number)}::smallint, '${owner.worker}', '{0}', '{${String(epoch)}}', '{0}', '{default}', '{k}', '{${String(on)}}')`;
  await commitBefore({}, revivals(true));
  assert.equal((await database.query(`select 1 from ${s}.revival`)).length, 1);
  assert.equal((await owner.commit({ revivals: [{ partition: 0, tenant: "default", key: "k", on: false }] })).kind, "committed");
  assert.equal((await database.query(`select 1 from ${s}.revival`)).length, 0);
});
