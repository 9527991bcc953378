// The server-side functions: one round trip for a read, a commit (for a publish: append.ts). Created anew at every migration, so their texts may change
// freely while their names carry the version of their signature.

import { CALL_ARRAYS, CALL_NAMES } from "./calls.ts";

/** Classes of transaction-scoped advisory locks, kept apart per schema. */
export const lockClass = (schema: string, kind: string): string => `hashtext('${schema.replaceAll("'", "''")}:${kind}')`;

/** Columns of an envelope as arrays, in the order that `arrays.ts` sends them. */
export const ENVELOPE_ARRAYS = "m_partition int[], m_version int[], m_occurred_at bigint[], m_id uuid[], m_causation_id uuid[], m_name text[], m_tenant text[], m_key text[], m_correlation_id text[], m_trace text[], m_body text[]";
export const UNNEST = "unnest(m_partition, m_version, m_occurred_at, m_id, m_causation_id, m_name, m_tenant, m_key, m_correlation_id, m_trace, m_body)";
export const COLUMNS = "partition, version, occurred_at, id, causation_id, name, tenant, key, correlation_id, trace, body";
/** An envelope inside a JSON parameter: the rarer shapes travel as JSON. */
const RECORD = "partition int, version int, occurred_at bigint, id uuid, causation_id uuid, name text, tenant text, key text, correlation_id text, trace text, body text";

/**
 * Plans inside functions are kept per connection, and may have been made when a table was empty: a sequential scan that was right then
 * would be a disaster a million rows later. Every access here has its index, so nothing else is allowed.
 */
export const BY_INDEX = "set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off";
/** A user's declared statement is planned as anywhere else. */
const AS_ELSEWHERE = "set plan_cache_mode = auto set enable_seqscan = on set enable_bitmapscan = on set enable_hashjoin = on set enable_mergejoin = on";

/** Positions that one read looks through at most, in each partition. */
const SCAN = 100_000;

/** Removes timers by their names: one look into the index for each. As a join it may be planned, while there are none, to go through all of them. */
function removeNamed(s: string, names: string): string {
  return `delete from ${s}.timer t where t.timer = any(array(
    select x.timer from json_to_recordset(${names}) as u(consumer_group text, tenant text, routing_key text, timer_name text) cross join lateral (
      select o.timer from ${s}.timer o
      where o.consumer_group = u.consumer_group and o.tenant = u.tenant and o.routing_key = u.routing_key and o.timer_name = u.timer_name offset 0) x))`;
}

/** @param s the quoted schema name; @param schema the plain one. */
export function functions(s: string, schema: string): string {
  const fence = lockClass(schema, "fence");
  return `
create or replace function ${s}.insert_timers_1(timers json) returns void language plpgsql ${BY_INDEX} as $$
declare active smallint;
begin
  select g.active into active from ${s}.generation g where g.name = 'timer';
  ${removeNamed(s, "timers")};
  insert into ${s}.timer (generation, timer, fire_at, consumer_group, routing_key, timer_name, ${COLUMNS})
  select distinct on (u.consumer_group, u.tenant, u.routing_key, u.timer_name) active, nextval('${s}.timer_id'),
    case when u.at is null then clock_timestamp() + u.after_ms * interval '1 millisecond' else to_timestamp(u.at / 1000.0) end,
    u.consumer_group, u.routing_key, u.timer_name,
    u.partition, u.version, u.occurred_at, u.id, u.causation_id, u.name, u.tenant, u.key, u.correlation_id, u.trace, u.body::json
  from (select *, row_number() over () as ord from json_to_recordset(timers) as r(consumer_group text, routing_key text, timer_name text, after_ms double precision, at double precision, ${RECORD})) u
  order by u.consumer_group, u.tenant, u.routing_key, u.timer_name, u.ord desc;
end $$;

-- Handled messages after each cursor, a row per partition with a list per column, which costs both sides a fraction of a row per message. A list
-- ends after \`most\` messages, at the one with which their bodies reach \`most_length\` bytes as stored, or after SCAN positions of whatever name (a
-- group of rare names must not walk the whole log in one statement), and then says that there may be more; otherwise it covers all that the snapshot
-- holds (STABLE: everything here comes from one). What is free text travels as JSON; JSON text holds no bare control character.
create or replace function ${s}.read_2(names text[], partitions int[], positions bigint[], most int, most_length bigint)
returns table (r_partition int, r_bound bigint, r_more boolean, r_position text, r_version text, r_occurred_at text, r_id text, r_causation_id text,
  r_name text, r_tenant text, r_key text, r_correlation_id text, r_trace text, r_body text)
language plpgsql stable ${BY_INDEX} as $$
declare first bigint; last bigint; upto bigint; room bigint := greatest(most_length, 1);
begin
  for i in 1 .. array_length(partitions, 1) loop
    select l.position into first from ${s}.log l where l.partition = partitions[i] and l.position > positions[i] order by l.position limit 1;
    continue when first is null;
    select l.position into last from ${s}.log l where l.partition = partitions[i] and l.position > positions[i] order by l.position desc limit 1;
    upto := least(last, first + ${String(SCAN)});
    return query
      select partitions[i], case when t.is_full then t.reached else upto end, t.is_full or upto < last,
        t.position, t.version, t.occurred_at, t.id, t.causation_id, t.name, t.tenant, t.key, t.correlation_id, t.trace, t.body
      from (
        select count(*) = most or coalesce(sum(k.length), 0) >= room as is_full, max(k.position) as reached,
          string_agg(k.position::text, ',') as position, string_agg(k.version::text, ',') as version, string_agg(k.occurred_at::text, ',') as occurred_at,
          string_agg(k.id::text, ',') as id, string_agg(coalesce(k.causation_id::text, ''), ',') as causation_id, string_agg(k.name, ',') as name,
          string_agg(k.tenant, ',') as tenant, json_agg(k.key)::text as key, json_agg(k.correlation_id)::text as correlation_id,
          case when count(k.trace) > 0 then json_agg(k.trace)::text end as trace, string_agg(k.body::text, E'\\x1e') as body
        from (
          select f.*, sum(f.length) over (order by f.position) - f.length as before
          from (
            select l.*, pg_column_size(l.body) as length
            from ${s}.log l where l.partition = partitions[i] and l.position >= first and l.position <= upto and l.name = any(names)
            order by l.position limit most
          ) f
        ) k
        where k.before < room
      ) t;
  end loop;
end $$;

create or replace function ${s}.tails_1(partitions int) returns table (r_partition int, r_position bigint) language plpgsql stable ${BY_INDEX} as $$
begin
  for i in 0 .. partitions - 1 loop
    return query select i, l.position from ${s}.log l where l.partition = i order by l.position desc limit 1;
  end loop;
end $$;

-- Fence and progress. A takeover holds the same locks exclusively, so it waits for commits under way and stops those that come later.
create or replace function ${s}.fence_1(c_group smallint, c_worker text, f_partition int[], f_epoch bigint[]) returns void language plpgsql as $$
declare held int; p int;
begin
  -- A snapshot from before the lock would show an owner that was replaced meanwhile as the owner.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'commits need READ COMMITTED: set default_transaction_isolation of this database and role to it' using errcode = '57000';
  end if;
  foreach p in array f_partition loop
    perform pg_advisory_xact_lock_shared(${fence}, c_group * 256 + p);
  end loop;
  select count(*) into held from unnest(f_partition, f_epoch) as f(partition, epoch)
    join ${s}.lease l on l.consumer_group = c_group and l.partition = f.partition and l.epoch = f.epoch and l.worker = c_worker;
  if held <> array_length(f_partition, 1) then raise exception 'ownership was lost' using errcode = 'EK002'; end if;
end $$;

-- A declared statement: its parameters arrive as text. EK003 names the run that was refused.
create or replace function ${s}.run_statement_1(ordinal int, statement text, v text[], expected int) returns void language plpgsql ${AS_ELSEWHERE} as $$
declare n int;
begin
  case coalesce(array_length(v, 1), 0)
    when 0 then execute statement;
    when 1 then execute statement using v[1];
    when 2 then execute statement using v[1], v[2];
    when 3 then execute statement using v[1], v[2], v[3];
    when 4 then execute statement using v[1], v[2], v[3], v[4];
    when 5 then execute statement using v[1], v[2], v[3], v[4], v[5];
    when 6 then execute statement using v[1], v[2], v[3], v[4], v[5], v[6];
    when 7 then execute statement using v[1], v[2], v[3], v[4], v[5], v[6], v[7];
    when 8 then execute statement using v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8];
    when 9 then execute statement using v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9];
    when 10 then execute statement using v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10];
    when 11 then execute statement using v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11];
    when 12 then execute statement using v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[12];
    else raise exception 'a declared statement takes 12 parameters at most';
  end case;
  get diagnostics n = row_count;
  if expected is not null and n <> expected then raise exception 'changed % rows, not %', n, expected; end if;
exception
  -- Deadlocks and serialization failures belong to the commit, not to the message.
  when deadlock_detected or serialization_failure then raise;
  when others then raise exception '%', sqlerrm using errcode = 'EK003', detail = ordinal::text;
end $$;

-- The commit of an owner. Whatever cannot hold raises, and nothing of it happened. Order: fence and progress; documents; parked rows;
-- calls and timers; declared SQL; then the append locks, positions, rows.
create or replace function ${s}.commit_3(
  c_group smallint, c_worker text, c_alone boolean, f_partition int[], f_epoch bigint[],
  p_partition int[], p_from bigint[], p_to bigint[],
  e_name text[], e_from int[], e_to int[], d_tenant text[], d_key text[], d_version bigint[], d_write int[], d_body text[],
  park json, unpark json, retries json,
  removed uuid[], call_updates json, timers json, cancelled json, fired bigint[], statements json,
  ${ENVELOPE_ARRAYS}, ${CALL_ARRAYS}, out joined text[], out placed bigint[], out partitions int[], out before bigint[]) language plpgsql ${BY_INDEX} as $$
declare
  n int; wanted int; i int; active smallint;
  run record; extra json;
  x_partition int[]; x_version int[]; x_occurred_at bigint[]; x_id uuid[]; x_causation_id uuid[]; x_name text[]; x_tenant text[]; x_key text[]; x_correlation_id text[]; x_trace text[]; x_body text[];
begin
  perform ${s}.fence_1(c_group, c_worker, f_partition, f_epoch);
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
    for i in 1 .. array_length(e_name, 1) loop
      execute format('select ${s}.%I($1, $2, $3, $4, $5, $6)', 'write_' || e_name[i])
        into n using c_alone, d_tenant[e_from[i]:e_to[i]], d_key[e_from[i]:e_to[i]], d_version[e_from[i]:e_to[i]], d_write[e_from[i]:e_to[i]], d_body[e_from[i]:e_to[i]];
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
end $$;
`;
}

/** The table of one entity and the function that writes it: documents are compared and locked in key order. */
export function entityTable(s: string, schema: string, entity: string, quote: (name: string) => string): string {
  const table = `${s}.${quote(`entity_${entity}`)}`;
  const document = lockClass(schema, "document");
  return `
-- Half of each page is left free: a document is written again and again, those of one page often in one commit, and finds room beside itself.
create table if not exists ${table} (tenant text not null, key text not null, version bigint not null, body json, primary key (tenant, key)) with (fillfactor = 50);
-- Returns how many documents had another version than expected: 0 means that everything was written. The plans must go by the key: the
-- table may have grown a thousandfold since they were made.
create or replace function ${s}.${quote(`write_${entity}`)}(alone boolean, t text[], k text[], v bigint[], w int[], b text[]) returns int language plpgsql ${BY_INDEX} as $$
declare n int; kept int; raised int; made int; blind int; one record;
begin
  if not alone then
    -- Absent documents have no row to lock.
    for one in select u.t, u.k from unnest(t, k, v) as u(t, k, v) where u.v = 0 or u.v is null order by u.t, u.k loop
      perform pg_advisory_xact_lock(${document}, hashtext('${entity}:' || one.t || ':' || one.k));
    end loop;
    perform 1 from unnest(t, k, v) with ordinality as u(t, k, v, ord) join ${table} e on e.tenant = u.t and e.key = u.k where u.v > 0 or u.v is null order by u.ord for update of e;
  end if;
  select count(*) filter (where u.w = 0), count(*) filter (where u.w > 0 and u.v > 0), count(*) filter (where u.w > 0 and u.v = 0), count(*) filter (where u.w > 0 and u.v is null)
    into kept, raised, made, blind from unnest(v, w) as u(v, w);
  if kept > 0 then
    -- What was only read must be as it was.
    select count(*) into n from unnest(t, k, v, w) as u(t, k, v, w)
      where u.w = 0 and coalesce((select e.version from ${table} e where e.tenant = u.t and e.key = u.k), 0) <> u.v;
    if n > 0 then return n; end if;
  end if;
  if made > 0 then
    -- Not ON CONFLICT, which writes and looks twice for each row. What the block takes back, the caller takes back anyway.
    begin
      insert into ${table} (tenant, key, version, body) select u.t, u.k, 1, u.b::json from unnest(t, k, v, w, b) as u(t, k, v, w, b) where u.w > 0 and u.v = 0;
    exception when unique_violation then return made;
    end;
  end if;
  if raised > 0 then
    update ${table} e set version = u.v + 1, body = u.b::json from unnest(t, k, v, w, b) as u(t, k, v, w, b)
      where u.w > 0 and u.v > 0 and e.tenant = u.t and e.key = u.k and e.version = u.v;
    get diagnostics n = row_count;
    if n < raised then return raised - n; end if;
  end if;
  if blind > 0 then
    -- Written without being read; a deleted document keeps its row.
    insert into ${table} as e (tenant, key, version, body) select u.t, u.k, 1, u.b::json from unnest(t, k, v, w, b) as u(t, k, v, w, b) where u.w > 0 and u.v is null
      on conflict (tenant, key) do update set version = e.version + 1, body = excluded.body;
  end if;
  return 0;
end $$;
`;
}
