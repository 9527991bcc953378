// Migration 3: the breakers that all workers share, and who reset them.

/** @param s the quoted schema name. */
export function breakerTables(s: string): string {
  return `
-- Written at transitions only, by who knows the version; never deleted, so that versions only grow.
create table ${s}.breaker (
  operation text primary key, phase text not null, version bigint not null, since timestamptz not null, until timestamptz,
  opened bigint not null, resets bigint not null, prober text, reporter text not null
) with (fillfactor = 50);
create table ${s}.breaker_reset (
  id bigint generated always as identity primary key,
  operation text not null, was text not null, actor text not null, note text not null,
  reset_at timestamptz not null default clock_timestamp()
);
alter table ${s}.breaker set (autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
`;
}
