// What the functions' names stand for. Workers of several versions run on one schema, and each calls them by these names: whatever changes of one's
// parameters or result is another function, with another number, and this list keeps the old one as long as workers that call it may run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freshSchema, manifestOf } from "../testing/one-owner.ts";

const SIGNATURES: Readonly<Record<string, string>> = {
  acquire_1:
    "c_group smallint, c_worker text, c_partitions integer[] -> TABLE(r_partition integer, r_epoch bigint, r_position bigint, r_suspect boolean, " +
    "r_mark bigint)",
  append_2:
    "m_partition integer[], m_version integer[], m_occurred_at bigint[], m_id uuid[], m_causation_id uuid[], m_name text[], m_tenant text[], " +
    "m_key text[], m_correlation_id text[], m_trace text[], m_body text[], OUT placed bigint[], OUT partitions integer[], " +
    "OUT before bigint[] -> record",
  apply_controls_1:
    "c_group smallint, c_worker text, f_partition integer[], f_epoch bigint[] -> TABLE(r_partition integer, r_tenant text, r_key text, " +
    "r_position bigint, r_action text, r_remaining bigint, r_applied boolean)",
  commit_4:
    "c_group smallint, c_worker text, c_alone boolean, f_partition integer[], f_epoch bigint[], p_partition integer[], p_from bigint[], " +
    "p_to bigint[], e_name text[], e_from integer[], e_to integer[], d_tenant text[], d_key text[], d_version bigint[], d_write integer[], " +
    "d_body text[], r_partition integer[] DEFAULT NULL::integer[], r_tenant text[] DEFAULT NULL::text[], r_key text[] DEFAULT NULL::text[], " +
    "r_on boolean[] DEFAULT NULL::boolean[], park json DEFAULT NULL::json, unpark json DEFAULT NULL::json, retries json DEFAULT NULL::json, " +
    "removed uuid[] DEFAULT NULL::uuid[], call_updates json DEFAULT NULL::json, timers json DEFAULT NULL::json, " +
    "cancelled json DEFAULT NULL::json, fired bigint[] DEFAULT NULL::bigint[], statements json DEFAULT NULL::json, " +
    "m_partition integer[] DEFAULT NULL::integer[], m_version integer[] DEFAULT NULL::integer[], m_occurred_at bigint[] DEFAULT NULL::bigint[], " +
    "m_id uuid[] DEFAULT NULL::uuid[], m_causation_id uuid[] DEFAULT NULL::uuid[], m_name text[] DEFAULT NULL::text[], " +
    "m_tenant text[] DEFAULT NULL::text[], m_key text[] DEFAULT NULL::text[], m_correlation_id text[] DEFAULT NULL::text[], " +
    "m_trace text[] DEFAULT NULL::text[], m_body text[] DEFAULT NULL::text[], k_id uuid[] DEFAULT NULL::uuid[], " +
    "k_partition integer[] DEFAULT NULL::integer[], k_tenant text[] DEFAULT NULL::text[], k_routing_key text[] DEFAULT NULL::text[], " +
    "k_operation text[] DEFAULT NULL::text[], k_call_key text[] DEFAULT NULL::text[], k_input text[] DEFAULT NULL::text[], " +
    "k_causation_id uuid[] DEFAULT NULL::uuid[], k_correlation_id text[] DEFAULT NULL::text[], k_trace text[] DEFAULT NULL::text[], " +
    "k_deadline_ms double precision[] DEFAULT NULL::double precision[], k_state text[] DEFAULT NULL::text[], " +
    "k_attempts integer[] DEFAULT NULL::integer[], k_due_ms double precision[] DEFAULT NULL::double precision[], " +
    "k_deadline_in_ms double precision[] DEFAULT NULL::double precision[] -> text",
  end_call_controls_1: "c_group smallint, c_worker text, f_partition integer[], f_epoch bigint[], ends json -> smallint",
  ensure_segments_1: "length bigint, ahead bigint -> void",
  fence_1: "c_group smallint, c_worker text, f_partition integer[], f_epoch bigint[] -> void",
  insert_timers_1: "timers json -> void",
  listen_1: " -> void",
  load_bill: "t text[], k text[] -> TABLE(r_ord bigint, r_version bigint, r_body json)",
  publish_2:
    "d_tenant text[], d_key text[], d_digest text[], d_from integer[], d_count integer[], timers json, m_partition integer[], " +
    "m_version integer[], m_occurred_at bigint[], m_id uuid[], m_causation_id uuid[], m_name text[], m_tenant text[], m_key text[], " +
    "m_correlation_id text[], m_trace text[], m_body text[] -> TABLE(call integer, digest text, positions bigint[], first_position bigint, " +
    "last_position bigint, partitions integer[], before bigint[])",
  publish_and_tell_2:
    "IN d_tenant text, IN d_key text, IN d_digest text, IN m_partition integer, IN m_version integer, IN m_occurred_at bigint, IN m_id uuid, " +
    "IN m_name text, IN m_key text, IN m_correlation_id text, IN m_trace text, IN m_body text, IN sender text, IN notice text, " +
    "INOUT placed bigint, INOUT before bigint -> nothing",
  publish_one_1:
    "d_tenant text, d_key text, d_digest text, m_partition integer, m_version integer, m_occurred_at bigint, m_id uuid, m_name text, m_key text, " +
    "m_correlation_id text, m_trace text, m_body text, OUT placed bigint, OUT before bigint -> record",
  read_2:
    "names text[], partitions integer[], positions bigint[], most integer, most_length bigint -> TABLE(r_partition integer, r_bound bigint, " +
    "r_more boolean, r_position text, r_version text, r_occurred_at text, r_id text, r_causation_id text, r_name text, r_tenant text, " +
    "r_key text, r_correlation_id text, r_trace text, r_body text)",
  request_calls_1:
    "c_group smallint, k_id uuid[], k_partition integer[], k_tenant text[], k_routing_key text[], k_operation text[], k_call_key text[], " +
    "k_input text[], k_causation_id uuid[], k_correlation_id text[], k_trace text[], k_deadline_ms double precision[], k_state text[], " +
    "k_attempts integer[], k_due_ms double precision[], k_deadline_in_ms double precision[] -> text[]",
  run_statement_1: "ordinal integer, statement text, v text[], expected integer -> void",
  tails_1: "partitions integer -> TABLE(r_partition integer, r_position bigint)",
  tell_1: "what text -> void",
  write_bill: "alone boolean, t text[], k text[], v bigint[], w integer[], b text[] -> integer",
  write_documents_1: "entity text, alone boolean, t text[], k text[], v bigint[], w integer[], b text[] -> integer",
};

test("a function whose name stays keeps its parameters and its result", { timeout: 60_000 }, async (t) => {
  const place = freshSchema(t);
  await place.store().prepare(manifestOf("bill"));
  const rows = await place.database.query(`
    select proname, pg_get_function_arguments(oid) || ' -> ' || coalesce(pg_get_function_result(oid), 'nothing')
    from pg_proc where pronamespace = $1::regnamespace order by proname`, [place.s]);
  const found = Object.fromEntries(rows.map(([name, signature]) => [name ?? "", signature ?? ""]));
  for (const [name, signature] of Object.entries(SIGNATURES)) assert.equal(found[name], signature, `${name}: give the changed function another number, and keep this one`);
  assert.deepEqual(Object.keys(found).filter((name) => !(name in SIGNATURES)), [], "a new function is to be listed");
});
