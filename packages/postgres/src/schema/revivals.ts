// Migration 5 and its function: keys with work that only their owner's memory knows of, and how an owner's commit sets and clears them.
import { BY_INDEX } from "./functions.ts";

/** @param s the quoted schema name. */
export function revivalTable(s: string): string {
  return `
-- A row while the key has such work, so it is small, and its rows come and go with every commit: vacuum looks often, whatever its size. Ordered by
-- bytes, so that pages of it are the same under every collation, and cheap to compare.
create table ${s}.revival (
  consumer_group smallint not null, partition smallint not null, tenant text collate "C" not null, key text collate "C" not null,
  primary key (consumer_group, partition, tenant, key)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 20000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);
`;
}

/**
 * Sets and clears revivals within the commit of an owner: behind its fence, and before anything else. It gives back the group, as the argument
 * of the commit that it stands for. Each key occurs once, in the order of the primary key: two commits of one owner must not wait for each other
 * in a circle.
 */
export function changeRevivalsFunction(s: string): string {
  return `
create or replace function ${s}.change_revivals_1(c_group smallint, c_worker text, f_partition int[], f_epoch bigint[], r_partition int[], r_tenant text[], r_key text[], r_on boolean[])
returns smallint language plpgsql ${BY_INDEX} as $$
begin
  perform ${s}.fence_1(c_group, c_worker, f_partition, f_epoch);
  if true = any(r_on) then
    insert into ${s}.revival (consumer_group, partition, tenant, key)
    select c_group, u.partition, u.tenant, u.key from unnest(r_partition, r_tenant, r_key, r_on) as u(partition, tenant, key, wanted) where u.wanted
    on conflict do nothing;
  end if;
  if false = any(r_on) then
    delete from ${s}.revival r using unnest(r_partition, r_tenant, r_key, r_on) as u(partition, tenant, key, wanted)
      where not u.wanted and r.consumer_group = c_group and r.partition = u.partition and r.tenant = u.tenant collate "C" and r.key = u.key collate "C";
  end if;
  return c_group;
end $$;
`;
}
