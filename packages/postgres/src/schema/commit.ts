// The commit of an owner: everything that it decided, in one function, in an order in which nothing can deadlock. It decides nothing that could be
// decided before.
import { CALL_ARRAYS, CALL_NAMES } from "./calls.ts";
import { BY_INDEX, COLUMNS, ENVELOPE_ARRAYS, RECORD, removeNamed } from "./functions.ts";
import { changeRevivals, REVIVAL_ARRAYS } from "./revivals.ts";

/** Parameters that a statement leaves out where the commit has none of it, in the order in which they are sent: each costs both sides, also as a null. */
export const COMMIT_GROUPS = {
  revivals: REVIVAL_ARRAYS,
  rare: "park json, unpark json, retries json, removed uuid[], call_updates json, timers json, cancelled json, fired bigint[], statements json",
  messages: ENVELOPE_ARRAYS,
  calls: CALL_ARRAYS,
} as const;

const optional = (parameters: string): string => parameters.split(", ").map((one) => `${one} default null`).join(", ");

/** @param s the quoted schema name. */
export function commitFunction(s: string): string {
  return `
-- The commit of an owner. Null where it has nothing to tell; otherwise calls that join a live one, and of what was appended the positions, the
-- partitions, and what stood before in each, as arrays. Whatever cannot hold raises, and nothing of it happened. Order: fence; revivals; progress;
-- documents; parked rows; calls and timers; declared SQL; then the append locks, positions, rows.
create or replace function ${s}.commit_4(
  c_group smallint, c_worker text, c_alone boolean, f_partition int[], f_epoch bigint[],
  p_partition int[], p_from bigint[], p_to bigint[],
  e_name text[], e_from int[], e_to int[], d_tenant text[], d_key text[], d_version bigint[], d_write int[], d_body text[],
  ${Object.values(COMMIT_GROUPS).map(optional).join(",\n  ")}) returns text language plpgsql ${BY_INDEX} as $$
declare
  n int; wanted int; active smallint;
  run record; extra json;
  joined text[]; placed bigint[]; partitions int[]; before bigint[];
  x_partition int[]; x_version int[]; x_occurred_at bigint[]; x_id uuid[]; x_causation_id uuid[]; x_name text[]; x_tenant text[]; x_key text[]; x_correlation_id text[]; x_trace text[]; x_body text[];
begin
  perform ${s}.fence_1(c_group, c_worker, f_partition, f_epoch);
${changeRevivals(s)}
  if p_partition is not null then
    select g.active into active from ${s}.generation g where g.name = 'progress';
    insert into ${s}.progress (generation, consumer_group, partition, from_position, to_position, epoch)
    select active, c_group, u.partition, u.from_position, u.to_position, f_epoch[array_position(f_partition, u.partition)]
    from unnest(p_partition, p_from, p_to) as u(partition, from_position, to_position)
    where u.from_position = coalesce((select p.to_position from ${s}.progress p where p.consumer_group = c_group and p.partition = u.partition order by p.from_position desc limit 1), 0);
    get diagnostics n = row_count;
    if n <> array_length(p_partition, 1) then raise exception 'progress does not continue' using errcode = 'EK002'; end if;
  end if;

  if e_name is not null then
    for i in 1 .. cardinality(e_name) loop
      if e_from is null then
        n := ${s}.write_documents_1(e_name[i], c_alone, d_tenant, d_key, d_version, d_write, d_body);
      else
        n := ${s}.write_documents_1(e_name[i], c_alone, d_tenant[e_from[i]:e_to[i]], d_key[e_from[i]:e_to[i]], d_version[e_from[i]:e_to[i]], d_write[e_from[i]:e_to[i]], d_body[e_from[i]:e_to[i]]);
      end if;
      if n <> 0 then raise exception 'a document of % has another version', e_name[i] using errcode = 'EK001'; end if;
    end loop;
  end if;

  if unpark is not null then
    select count(*) into wanted from json_array_elements(unpark);
    delete from ${s}.parked p using json_to_recordset(unpark) as u(partition int, tenant text, key text, position bigint)
      where p.consumer_group = c_group and p.partition = u.partition and p.tenant = u.tenant and p.key = u.key and p.position = u.position;
    get diagnostics n = row_count;
    if n <> wanted then raise exception 'a parked message is gone' using errcode = 'EK002'; end if;
  end if;
  if retries is not null then
    select count(*) into wanted from json_array_elements(retries);
    update ${s}.parked p set state = u.state, attempts = u.attempts, code = u.code, reason = u.reason, retry_at = clock_timestamp() + u.retry_ms * interval '1 millisecond'
      from json_to_recordset(retries) as u(partition int, tenant text, key text, position bigint, state text, attempts int, code text, reason text, retry_ms double precision)
      where p.consumer_group = c_group and p.partition = u.partition and p.tenant = u.tenant and p.key = u.key and p.position = u.position;
    get diagnostics n = row_count;
    if n <> wanted then raise exception 'a parked message is gone' using errcode = 'EK002'; end if;
  end if;
  if park is not null then
    insert into ${s}.parked (consumer_group, partition, tenant, key, position, version, occurred_at, id, causation_id, name, correlation_id, trace, body, state, attempts, code, reason, retry_at)
    select c_group, u.partition, u.tenant, u.key, u.position, u.version, u.occurred_at, u.id, u.causation_id, u.name, u.correlation_id, u.trace, u.body::json,
      u.state, u.attempts, u.code, u.reason, clock_timestamp() + u.retry_ms * interval '1 millisecond'
    from json_to_recordset(park) as u(position bigint, state text, attempts int, code text, reason text, retry_ms double precision, ${RECORD});
  end if;

  if unpark is not null or park is not null or retries is not null then
    -- A message that came to an end among parked ones killed nobody: no progress passes over it that would say so.
    update ${s}.lease l set mark = null where l.consumer_group = c_group and l.partition = any(f_partition) and l.mark is not null
      and l.mark in (select position from (
        select r.position from json_to_recordset(unpark) as r(position bigint) union all select r.position from json_to_recordset(park) as r(position bigint)
        union all select r.position from json_to_recordset(retries) as r(position bigint)) ended);
  end if;
  if unpark is not null or park is not null then
    -- A queued message that nothing stands before is the head, and due.
    update ${s}.parked p set state = 'waiting', retry_at = clock_timestamp()
      from (select distinct u.partition, u.tenant, u.key from (
        select * from json_to_recordset(unpark) as r(partition int, tenant text, key text) union all select * from json_to_recordset(park) as r(partition int, tenant text, key text)) u) k
      where p.consumer_group = c_group and p.partition = k.partition and p.tenant = k.tenant and p.key = k.key and p.state = 'queued'
        and p.position = (select min(q.position) from ${s}.parked q where q.consumer_group = c_group and q.partition = k.partition and q.tenant = k.tenant and q.key = k.key);
  end if;

  if removed is not null then delete from ${s}.call c where c.id = any(removed); end if;
  if call_updates is not null then
    -- Whoever deletes the row or changes its state appends its outcome, in the order given; an update of a row that is gone does nothing.
    with u as (select *, row_number() over () as ord from json_to_recordset(call_updates) as r(call uuid, remove boolean, state text, attempts int, due_ms double precision, outcome json)),
    gone as (delete from ${s}.call c using u where c.id = u.call and u.remove returning u.ord, u.outcome),
    kept as (update ${s}.call c set state = u.state, attempts = u.attempts, due_at = clock_timestamp() + u.due_ms * interval '1 millisecond' from u where c.id = u.call and not u.remove returning u.ord, u.outcome)
    -- What was done says its outcome itself: to look each update up among those would be work by the square of their number.
    select json_agg(o.outcome order by o.ord) into extra from (select * from gone union all select * from kept) o where o.outcome is not null;
    if extra is not null then
      select array_agg(o.partition), array_agg(o.version), array_agg(o.occurred_at), array_agg(o.id), array_agg(o.causation_id), array_agg(o.name), array_agg(o.tenant), array_agg(o.key), array_agg(o.correlation_id), array_agg(o.trace), array_agg(o.body)
        into x_partition, x_version, x_occurred_at, x_id, x_causation_id, x_name, x_tenant, x_key, x_correlation_id, x_trace, x_body
        from json_to_recordset(extra) as o(${RECORD});
    end if;
  end if;

  if k_id is not null then joined := ${s}.request_calls_1(c_group, ${CALL_NAMES}); end if;

  if cancelled is not null then
    ${removeNamed(s, "cancelled")};
  end if;
  if timers is not null then perform ${s}.insert_timers_1(timers); end if;
  if fired is not null then
    with gone as (delete from ${s}.timer t where t.timer = any(fired) returning ${COLUMNS.split(", ").map((column) => `t.${column}`).join(", ")})
    select x_partition || array_agg(o.partition::int), x_version || array_agg(o.version), x_occurred_at || array_agg(o.occurred_at), x_id || array_agg(o.id), x_causation_id || array_agg(o.causation_id),
      x_name || array_agg(o.name), x_tenant || array_agg(o.tenant), x_key || array_agg(o.key), x_correlation_id || array_agg(o.correlation_id), x_trace || array_agg(o.trace), x_body || array_agg(o.body::text)
      into x_partition, x_version, x_occurred_at, x_id, x_causation_id, x_name, x_tenant, x_key, x_correlation_id, x_trace, x_body from gone o;
  end if;

  if statements is not null then
    for run in select r.text, array(select json_array_elements_text(r.values)) as v, r.rows, row_number() over () - 1 as ord
      from json_to_recordset(statements) as r(text text, values json, rows int)
    loop
      perform ${s}.run_statement_1(run.ord::int, run.text, run.v, run.rows);
    end loop;
  end if;

  if x_id is not null then
    select a.placed, a.partitions, a.before into placed, partitions, before
      from ${s}.append_2(m_partition || x_partition, m_version || x_version, m_occurred_at || x_occurred_at, m_id || x_id, m_causation_id || x_causation_id,
      m_name || x_name, m_tenant || x_tenant, m_key || x_key, m_correlation_id || x_correlation_id, m_trace || x_trace, m_body || x_body) a;
  elsif m_id is not null then
    select a.placed, a.partitions, a.before into placed, partitions, before
      from ${s}.append_2(m_partition, m_version, m_occurred_at, m_id, m_causation_id, m_name, m_tenant, m_key, m_correlation_id, m_trace, m_body) a;
  end if;
  if joined is null and placed is null then return null; end if;
  return concat_ws(';', coalesce(joined::text, ''), coalesce(placed::text, ''), coalesce(partitions::text, ''), coalesce(before::text, ''));
end $$;
`;
}
