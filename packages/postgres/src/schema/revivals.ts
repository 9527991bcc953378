// Migration 5, and its part of a commit: keys with work that only their owner's memory knows of, and how an owner's commit sets and clears them.

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

export const REVIVAL_ARRAYS = "r_partition int[], r_tenant text[], r_key text[], r_on boolean[]";

/**
 * Sets and clears revivals within the commit of an owner. Each key occurs once, in the order of the primary key: two commits of one owner must not wait
 * for each other in a circle. What is cleared is looked up one by one: as a join it may be planned, while there are few, to compare each with all.
 */
export function changeRevivals(s: string): string {
  return `  if true = any(r_on) then
    insert into ${s}.revival (consumer_group, partition, tenant, key)
    select c_group, u.partition, u.tenant, u.key from unnest(r_partition, r_tenant, r_key, r_on) as u(partition, tenant, key, wanted) where u.wanted
    on conflict do nothing;
  end if;
  if false = any(r_on) then
    delete from ${s}.revival where ctid = any(array(
      select x.ctid from unnest(r_partition, r_tenant, r_key, r_on) as u(partition, tenant, key, wanted) cross join lateral (
        select r.ctid from ${s}.revival r
        where r.consumer_group = c_group and r.partition = u.partition and r.tenant = u.tenant collate "C" and r.key = u.key collate "C" offset 0) x
      where not u.wanted));
  end if;`;
}
