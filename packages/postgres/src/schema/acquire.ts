// The takeover function: buries those that it takes from, raises the epoch, reads where the progress stands, and counts owners that died
// without any.
import { BY_INDEX } from "./functions.ts";

/** @param s the quoted schema name. */
export function acquireFunction(s: string): string {
  return `
create or replace function ${s}.acquire_1(c_group smallint, c_worker text, c_partitions int[])
returns table (r_partition int, r_epoch bigint, r_position bigint, r_suspect boolean, r_mark bigint) language plpgsql ${BY_INDEX} as $$
declare p int; l record; reached bigint; died int;
begin
  foreach p in array c_partitions loop
    insert into ${s}.lease values (c_group, p, null, 0, 0, 0, null, null) on conflict do nothing;
  end loop;
  -- Leases before workers, as where a worker leaves.
  perform 1 from ${s}.lease where consumer_group = c_group and partition = any(c_partitions) order by partition for update;
  -- Whoever loses something here must be dead for everybody, whatever it beats from now on: else it would be told nothing, and live on without what
  -- it believes to own. A beat under way is waited for, and spares it. In the order of ids, so that takeovers of several groups do not block each other.
  delete from ${s}.worker w using (
    select id from ${s}.worker
    where id in (select lease.worker from ${s}.lease where consumer_group = c_group and partition = any(c_partitions) and lease.worker <> c_worker)
      and heartbeat_at + lease_ms * interval '1 millisecond' <= clock_timestamp()
    order by id for update) late where w.id = late.id;
  foreach p in array c_partitions loop
    select * into l from ${s}.lease where consumer_group = c_group and partition = p;
    -- Who is late only now was not buried: it keeps what it has until it is.
    if l.worker <> c_worker and exists (select 1 from ${s}.worker where id = l.worker) then continue; end if;
    select coalesce((select to_position from ${s}.progress where consumer_group = c_group and partition = p order by from_position desc limit 1), 0) into reached;
    -- Owners that died without any progress are counted; one that got on starts the count afresh.
    died := case when reached > l.granted_position then 0 when l.worker is null or l.worker = c_worker then l.deaths else l.deaths + 1 end;
    -- An owner that takes its own partition anew is alive, so what it marked killed nobody.
    -- One that the progress has passed was handled, unless it is a parked message: its end clears the mark, see commit_4.
    if l.mark <= reached and not exists (select 1 from ${s}.parked k where k.consumer_group = c_group and k.partition = p and k.position = l.mark) then l.mark := null; end if;
    if l.worker = c_worker and l.mark_epoch = l.epoch then l.mark := null; end if;
    update ${s}.lease set worker = c_worker, epoch = l.epoch + 1, granted_position = reached, deaths = died, mark = l.mark where consumer_group = c_group and partition = p;
    r_partition := p; r_epoch := l.epoch + 1; r_position := reached; r_suspect := died >= 2;
    r_mark := l.mark;
    return next;
  end loop;
end $$;

-- Creates the segments that the next appends need: always two ahead of the sequence, and room for an append of that many rows ahead.
create or replace function ${s}.ensure_segments_1(length bigint, ahead bigint) returns void language plpgsql as $$
declare last bigint; upto bigint; name text;
begin
  perform pg_advisory_xact_lock(hashtext('${s.replaceAll("'", "''")}:segments'), 0);
  select coalesce(pg_sequence_last_value('${s}.log_position'), 0) into last;
  loop
    select coalesce(max(to_position), 0) into upto from ${s}.segment;
    exit when upto > last + 2 * length + ahead;
    name := 'log_' || (upto + 1);
    -- CREATE and ATTACH take no lock that waits for readers or writers of the log, unlike CREATE ... PARTITION OF.
    execute format('create table ${s}.%I (like ${s}.log including defaults including constraints)', name);
    execute format('alter table ${s}.%I add primary key (partition, position)', name);
    execute format('alter table ${s}.log attach partition ${s}.%I for values from (%s) to (%s)', name, upto + 1, upto + length + 1);
    insert into ${s}.segment (name, from_position, to_position) values (name, upto + 1, upto + length);
  end loop;
end $$;
`;
}
