// The function with which an owner acts on what operators asked for.
import { BY_INDEX } from "./functions.ts";

/** @param s the quoted schema name; @param schema the plain one. */
export function controlsFunction(s: string, schema: string): string {
  return `
create or replace function ${s}.apply_controls_1(c_group smallint, c_worker text, f_partition int[], f_epoch bigint[])
returns table (r_partition int, r_tenant text, r_key text, r_position bigint, r_action text, r_remaining bigint, r_applied boolean) language plpgsql ${BY_INDEX} as $$
declare c record; head bigint; why text; p int; held int[];
begin
  foreach p in array f_partition loop
    perform pg_advisory_xact_lock_shared(hashtext('${schema.replaceAll("'", "''")}:fence'), c_group * 256 + p);
  end loop;
  -- What is not ours any more is left to its owner.
  select array_agg(l.partition::int) into held from unnest(f_partition, f_epoch) as f(partition, epoch)
    join ${s}.lease l on l.consumer_group = c_group and l.partition = f.partition and l.epoch = f.epoch and l.worker = c_worker;
  for c in select * from ${s}.control where consumer_group = c_group and done_at is null and partition = any(held) order by id for update loop
    select min(p.position) into head from ${s}.parked p where p.consumer_group = c_group and p.partition = c.partition and p.tenant = c.tenant and p.key = c.key;
    why := case when head is null then 'refused: the key is not parked any more' when head <> c.position then 'refused: another message is the head of the key' end;
    if why is null then
      if c.action = 'redrive' then
        update ${s}.parked p set state = 'waiting', attempts = 0, retry_at = clock_timestamp()
          where p.consumer_group = c_group and p.partition = c.partition and p.tenant = c.tenant and p.key = c.key and p.position = c.position;
      elsif c.action = 'edit' then
        update ${s}.parked p set edited_body = c.body
          where p.consumer_group = c_group and p.partition = c.partition and p.tenant = c.tenant and p.key = c.key and p.position = c.position;
      else
        delete from ${s}.parked p where p.consumer_group = c_group and p.partition = c.partition and p.tenant = c.tenant and p.key = c.key and p.position = c.position;
        -- The next one becomes the head and is due.
        update ${s}.parked p set state = 'waiting', retry_at = clock_timestamp()
          where p.consumer_group = c_group and p.partition = c.partition and p.tenant = c.tenant and p.key = c.key
            and p.position = (select min(q.position) from ${s}.parked q where q.consumer_group = c_group and q.partition = c.partition and q.tenant = c.tenant and q.key = c.key);
      end if;
    end if;
    update ${s}.control set done_at = clock_timestamp(), result = coalesce(why, 'done') where id = c.id;
    r_partition := c.partition; r_tenant := c.tenant; r_key := c.key; r_position := c.position; r_action := c.action; r_applied := why is null;
    select count(*) into r_remaining from ${s}.parked p where p.consumer_group = c_group and p.partition = c.partition and p.tenant = c.tenant and p.key = c.key;
    return next;
  end loop;
end $$;
`;
}
