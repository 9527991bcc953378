// What the texts of the server-side functions share, and those that have no file of their own: reads, timers, the fence and declared statements (for a
// commit: commit.ts; for a publish: append.ts; for calls: calls.ts). Their names carry the number of their signature: see make-functions.ts.

/** Classes of transaction-scoped advisory locks, kept apart per schema. */
export const lockClass = (schema: string, kind: string): string => `hashtext('${schema.replaceAll("'", "''")}:${kind}')`;

/** Columns of an envelope as arrays, in the order that `arrays.ts` sends them. */
export const ENVELOPE_ARRAYS = "m_partition int[], m_version int[], m_occurred_at bigint[], m_id uuid[], m_causation_id uuid[], m_name text[], m_tenant text[], m_key text[], m_correlation_id text[], m_trace text[], m_body text[]";
export const UNNEST = "unnest(m_partition, m_version, m_occurred_at, m_id, m_causation_id, m_name, m_tenant, m_key, m_correlation_id, m_trace, m_body)";
export const COLUMNS = "partition, version, occurred_at, id, causation_id, name, tenant, key, correlation_id, trace, body";
/** An envelope inside a JSON parameter: the rarer shapes travel as JSON. */
export const RECORD = "partition int, version int, occurred_at bigint, id uuid, causation_id uuid, name text, tenant text, key text, correlation_id text, trace text, body text";

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
export function removeNamed(s: string, names: string): string {
  return `delete from ${s}.timer t where t.timer = any(array(
    select x.timer from json_to_recordset(${names}) as u(consumer_group text, tenant text, routing_key text, timer_name text) cross join lateral (
      select o.timer from ${s}.timer o
      where o.consumer_group = u.consumer_group and o.tenant = u.tenant and o.routing_key = u.routing_key and o.timer_name = u.timer_name offset 0) x))`;
}

/** @param s the quoted schema name; @param schema the plain one. */
export function functions(s: string, schema: string): string {
  const fence = lockClass(schema, "fence");
  return `
-- Its caller's settings are its own, as those of every function that only functions call.
create or replace function ${s}.insert_timers_1(timers json) returns void language plpgsql as $$
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

-- The fence of a commit. A takeover holds the same locks exclusively, so it waits for commits under way and stops those that come later.
create or replace function ${s}.fence_1(c_group smallint, c_worker text, f_partition int[], f_epoch bigint[]) returns void language plpgsql as $$
declare held int;
begin
  -- A snapshot from before the lock would show an owner that was replaced meanwhile as the owner.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'commits need READ COMMITTED: set default_transaction_isolation of this database and role to it' using errcode = '57000';
  end if;
  perform pg_advisory_xact_lock_shared(${fence}, c_group * 256 + p) from unnest(f_partition) as p;
  select count(*) into held from ${s}.lease l
    where l.consumer_group = c_group and l.partition = any(f_partition) and l.epoch = f_epoch[array_position(f_partition, l.partition::int)] and l.worker = c_worker;
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
`;
}
