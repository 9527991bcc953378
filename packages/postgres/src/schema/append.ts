// The server-side functions of an append and a publish: what stands in the log, where, behind what, and who is told. What a commit appends
// is decided in commit.ts, which calls the first of them.
import { BY_INDEX, COLUMNS, ENVELOPE_ARRAYS, lockClass, UNNEST } from "./functions.ts";

/** Positions that an append looks through, at most, for what stands before it. */
const LOOK_BACK = 10_000;

/** @param s the quoted schema name; @param schema the plain one. */
export function appendFunctions(s: string, schema: string): string {
  const append = lockClass(schema, "append");
  const lookBack = `greatest(coalesce(pg_sequence_last_value('${s}.log_position'), 0) - ${String(LOOK_BACK)}, 0)`;
  return `
-- Appends: the locks are taken in ascending order after everything that can wait, and positions are drawn in a later statement, so the
-- order of positions within a partition is the order of commits.
-- Beside the positions it says what stood before them in each partition: whoever has read up to there need not read these. It looks back ${String(LOOK_BACK)}
-- positions, so that it opens few of the log's segments; where nothing stands in them, it says where it stopped. Null where the caller's transaction
-- keeps its snapshot: that is older than the locks, and a message might stand between.
create or replace function ${s}.append_2(${ENVELOPE_ARRAYS}, out placed bigint[], out partitions int[], out before bigint[]) language plpgsql as $$
declare since bigint;
begin
  select array_agg(distinct u order by u) into partitions from unnest(m_partition) u;
  perform pg_advisory_xact_lock(${append}, p) from unnest(partitions) as p;
  if current_setting('transaction_isolation') = 'read committed' then
    since := ${lookBack};
    select array_agg(coalesce((select l.position from ${s}.log l where l.partition = u.p and l.position > since order by l.position desc limit 1), since) order by u.ord)
      into before from unnest(partitions) with ordinality as u(p, ord);
  end if;
  with added as (
    insert into ${s}.log (position, ${COLUMNS})
    select nextval('${s}.log_position'), u.partition, u.version, u.occurred_at, u.id, u.causation_id, u.name, u.tenant, u.key, u.correlation_id, u.trace, u.body::json
    from ${UNNEST} as u(${COLUMNS})
    returning position)
  select array_agg(position) into placed from added;
end $$;

-- A publish: calls that the door knows are answered from it; the others are appended and recorded, all or nothing per statement.
-- d_from and d_count say which messages belong to a call. EK409: another publish took a key meanwhile; the caller repeats.
create or replace function ${s}.publish_2(d_tenant text[], d_key text[], d_digest text[], d_from int[], d_count int[], timers json, ${ENVELOPE_ARRAYS})
returns table (call int, digest text, positions bigint[], first_position bigint, last_position bigint, partitions int[], before bigint[]) language plpgsql ${BY_INDEX} as $$
declare
  known int[];
  placed record;
  added int;
begin
  -- One look into the index for each. As a join it may be planned while the door is empty to go through the whole of it, and does so ever after.
  select array_agg(u.ord::int) into known
  from unnest(d_tenant, d_key) with ordinality as u(tenant, key, ord) where (select true from ${s}.door d where d.tenant = u.tenant and d.key = u.key);
  if known is not null then
    -- Rare: a repeat. Nothing is written; the caller sends the fresh calls again by themselves.
    return query select u.ord::int, d.digest, null::bigint[], d.first_position, d.last_position, null::int[], null::bigint[]
      from unnest(d_tenant, d_key) with ordinality as u(tenant, key, ord) join ${s}.door d on d.tenant = u.tenant and d.key = u.key;
    return;
  end if;
  if m_id is not null then
    select * into placed from ${s}.append_2(m_partition, m_version, m_occurred_at, m_id, m_causation_id, m_name, m_tenant, m_key, m_correlation_id, m_trace, m_body);
    positions := placed.placed;
    partitions := placed.partitions;
    before := placed.before;
  end if;
  -- Not ON CONFLICT, which writes and looks twice for each row.
  begin
    insert into ${s}.door (tenant, key, digest, first_position, last_position)
    select u.tenant, u.key, u.digest, positions[u.first + 1], positions[u.first + u.count]
    from unnest(d_tenant, d_key, d_digest, d_from, d_count) as u(tenant, key, digest, first, count)
    order by u.tenant, u.key;
    get diagnostics added = row_count;
  exception when unique_violation then
    -- Under an older snapshot it would be met again and never seen.
    if current_setting('transaction_isolation') <> 'read committed' then raise exception 'another publish took an idempotency key' using errcode = '40001'; end if;
    added := 0;
  end;
  if added <> array_length(d_key, 1) then raise exception 'another publish took an idempotency key' using errcode = 'EK409'; end if;
  -- After the door: a twin of this publish has ended before its timers would meet these.
  if timers is not null then perform ${s}.insert_timers_1(timers); end if;
  return next;
end $$;

-- The same for one call of one message, which is most of what an idle system sees: no arrays, and no look whether the door knows it (EK409 then, too).
create or replace function ${s}.publish_one_1(d_tenant text, d_key text, d_digest text, m_partition int, m_version int, m_occurred_at bigint, m_id uuid,
  m_name text, m_key text, m_correlation_id text, m_trace text, m_body text, out placed bigint, out before bigint) language plpgsql ${BY_INDEX} as $$
declare since bigint;
begin
  perform pg_advisory_xact_lock(${append}, m_partition);
  if current_setting('transaction_isolation') = 'read committed' then
    since := ${lookBack};
    before := coalesce((select l.position from ${s}.log l where l.partition = m_partition and l.position > since order by l.position desc limit 1), since);
  end if;
  insert into ${s}.log (position, ${COLUMNS})
    values (nextval('${s}.log_position'), m_partition, m_version, m_occurred_at, m_id, null, m_name, d_tenant, m_key, m_correlation_id, m_trace, m_body::json)
    returning position into placed;
  insert into ${s}.door (tenant, key, digest, first_position, last_position) values (d_tenant, d_key, d_digest, placed, placed) on conflict do nothing;
  if not found then raise exception 'another publish took an idempotency key' using errcode = 'EK409'; end if;
end $$;

-- Hints go over a channel whose name is a secret of this schema. PostgreSQL lets every role that may connect listen to any channel and notify on it;
-- a hint may carry a message, which is taken as if it had been read. So whoever cannot read the schema's tables must neither hear nor say any. The name
-- stays in the server: a statement that named it would show it to all who see the statements of others.
create or replace function ${s}.listen_1() returns void language plpgsql as $$
begin
  execute format('listen %I', (select c.value from ${s}.setting c where c.name = 'channel'));
end $$;

create or replace function ${s}.tell_1(what text) returns void language plpgsql as $$
begin
  perform pg_notify((select c.value from ${s}.setting c where c.name = 'channel'), what);
end $$;

-- Publishes one message and tells the listeners of it in the same round trip, with the message. Told after the commit, in a transaction of its own:
-- a NOTIFY holds a lock over the whole database until its transaction has ended, which must not take a disk's time. Whether it is told decides nothing,
-- so nothing that ends the telling may say that the publish failed. The message stays out where nobody could place it, and where a listener that stands
-- still fills the server's queue, which all its databases share.
create or replace procedure ${s}.publish_and_tell_2(d_tenant text, d_key text, d_digest text, m_partition int, m_version int, m_occurred_at bigint, m_id uuid,
  m_name text, m_key text, m_correlation_id text, m_trace text, m_body text, sender text, notice text, inout placed bigint, inout before bigint) language plpgsql as $$
begin
  select p.placed, p.before into placed, before
    from ${s}.publish_one_1(d_tenant, d_key, d_digest, m_partition, m_version, m_occurred_at, m_id, m_name, m_key, m_correlation_id, m_trace, m_body) p;
  commit;
  begin
    perform ${s}.tell_1(sender || ' ' || case when before is null or pg_notification_queue_usage() > 0.1 then m_partition::text
      else '=' || before || ',' || placed || ' ' || notice end);
  exception when query_canceled or others then null;
  end;
end $$;
`;
}
