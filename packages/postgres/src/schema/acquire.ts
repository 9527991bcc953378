// The takeover function: raises the epoch, reads where the progress stands, and counts owners that died without any.
import { BY_INDEX } from "./functions.ts";

/** @param s the quoted schema name. */
export function acquireFunction(s: string): string {
  return `
create or replace function ${s}.acquire_1(c_group smallint, c_worker text, c_partitions int[])
returns table (r_partition int, r_epoch bigint, r_position bigint, r_suspect boolean, r_mark bigint) language plpgsql ${BY_INDEX} as $$
declare p int; l record; reached bigint; holder_alive boolean; died int;
begin
  foreach p in array c_partitions loop
    insert into ${s}.lease values (c_group, p, null, 0, 0, 0, null, null) on conflict do nothing;
    select * into l from ${s}.lease where consumer_group = c_group and partition = p for update;
    select coalesce(bool_or(heartbeat_at + lease_ms * interval '1 millisecond' > clock_timestamp()), false) into holder_alive from ${s}.worker where id = l.worker;
    if l.worker is not null and l.worker <> c_worker and holder_alive then continue; end if;
    select coalesce((select to_position from ${s}.progress where consumer_group = c_group and partition = p order by from_position desc limit 1), 0) into reached;
    -- Owners that died without any progress are counted; one that got on starts the count afresh.
    died := case when reached > l.granted_position then 0 when l.worker is null or l.worker = c_worker then l.deaths else l.deaths + 1 end;
    -- An owner that takes its own partition anew is alive, so what it marked killed nobody.
    -- One that the progress has passed was handled, unless it is a parked message: its end clears the mark, see commit_2.
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
