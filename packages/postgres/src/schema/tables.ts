// Migration 1: the tables of the log and of what hangs on it. Forward only; a later change is a migration of its own.

/** @param s the quoted schema name. */
export function tables(s: string): string {
  return `
create table ${s}.setting (name text primary key, value text not null);

-- What the application defines: names a group handles (recorded before anything may be emitted under them), entities, schemas.
create table ${s}.consumer_group (name text primary key, number smallint not null unique, names text[] not null);
create table ${s}.schema_version (name text not null, version int not null, digest text, primary key (name, version));
create table ${s}.entity (name text primary key);

-- The log. Positions come from one sequence; CACHE 1, or order within a partition would break between connections.
create sequence ${s}.log_position as bigint cache 1;
create table ${s}.log (
  position bigint not null,
  partition smallint not null,
  version int not null,
  occurred_at bigint not null,
  id uuid not null,
  causation_id uuid,
  name text not null,
  tenant text not null,
  key text not null,
  correlation_id text not null,
  trace text,
  body json not null,
  primary key (partition, position)
) partition by range (position);
create table ${s}.segment (
  name text primary key, from_position bigint not null, to_position bigint not null,
  closed_at timestamptz, detaching boolean not null default false
);

-- The door: one row per publish. ids are computed from the key, so only the places are kept.
create table ${s}.door (
  tenant text not null, key text not null, digest text not null,
  first_position bigint, last_position bigint,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant, key)
);
create index door_created on ${s}.door using brin (created_at) with (autosummarize = on);

-- Append-only progress: from_position continues the last to_position. Old rows leave by rotation, see maintain.
create table ${s}.generation (name text primary key, active smallint not null);
insert into ${s}.generation values ('progress', 0), ('call', 0), ('timer', 0);
create table ${s}.progress (
  generation smallint not null, consumer_group smallint not null, partition smallint not null,
  from_position bigint not null, to_position bigint not null, epoch bigint not null,
  primary key (consumer_group, partition, from_position, generation)
) partition by list (generation);

create sequence ${s}.call_sequence as bigint cache 1;
create table ${s}.call (
  generation smallint not null, sequence bigint not null,
  consumer_group smallint not null, partition smallint not null,
  id uuid not null, tenant text not null, routing_key text not null, operation text not null, call_key text not null,
  input json not null, causation_id uuid not null, correlation_id text not null, trace text,
  state text not null, attempts int not null,
  due_at timestamptz not null, deadline_at timestamptz not null, deadline_ms double precision not null,
  primary key (sequence, generation)
) partition by list (generation);
create unique index call_key on ${s}.call (tenant, operation, call_key, generation);
create index call_id on ${s}.call (id);

create sequence ${s}.timer_id as bigint cache 1;
create table ${s}.timer (
  generation smallint not null, timer bigint not null, fire_at timestamptz not null,
  -- '' at the door
  consumer_group text not null, routing_key text not null, timer_name text not null,
  partition smallint not null, version int not null, occurred_at bigint not null, id uuid not null, causation_id uuid,
  name text not null, tenant text not null, key text not null, correlation_id text not null, trace text, body json not null,
  primary key (timer, generation)
) partition by list (generation);
create unique index timer_name on ${s}.timer (consumer_group, tenant, routing_key, timer_name, generation);
create index timer_due on ${s}.timer (partition, fire_at);
${["progress", "call", "timer"].flatMap((name) => [0, 1].map((generation) => `create table ${s}.${name}_${String(generation)} partition of ${s}.${name} for values in (${String(generation)});`)).join("\n")}

-- Parked keys: the head carries the failure, the rows behind it wait in order of position. Whole envelopes, so retention never waits.
create table ${s}.parked (
  consumer_group smallint not null, partition smallint not null, tenant text not null, key text not null, position bigint not null,
  version int not null, occurred_at bigint not null, id uuid not null, causation_id uuid,
  name text not null, correlation_id text not null, trace text, body json not null, edited_body json,
  state text not null, attempts int not null, code text not null, reason text not null,
  retry_at timestamptz, parked_at timestamptz not null default clock_timestamp(),
  primary key (consumer_group, partition, tenant, key, position)
);
create index parked_state on ${s}.parked (consumer_group, state, parked_at) where state <> 'queued';
create table ${s}.control (
  id bigint generated always as identity primary key,
  consumer_group smallint not null, partition smallint not null, tenant text not null, key text not null, position bigint not null,
  action text not null, body json, actor text not null, note text not null,
  requested_at timestamptz not null default clock_timestamp(), done_at timestamptz, result text
);
create index control_pending on ${s}.control (consumer_group, partition) where done_at is null;

-- Who is alive, who owns what. A lease lives as long as its worker's heartbeat: one row beats per process, not one per partition.
create table ${s}.worker (
  id text primary key, number bigint generated always as identity, groups text[] not null, lease_ms int not null,
  host text not null, pid int not null, started text not null, heartbeat_at timestamptz not null
) with (fillfactor = 50);
create table ${s}.lease (
  consumer_group smallint not null, partition smallint not null, worker text, epoch bigint not null,
  -- where the progress stood when this owner came, how many owners before it died there, and what is handled alone
  granted_position bigint not null, deaths int not null, mark bigint, mark_epoch bigint,
  primary key (consumer_group, partition)
) with (fillfactor = 50);
create table ${s}.gathered (consumer_group smallint primary key, worker text not null, until timestamptz not null);

alter table ${s}.parked set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
alter table ${s}.worker set (autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
alter table ${s}.lease set (autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
`;
}
