// The commit function that versions before 0055 call, as far as it asks other functions for something, and the one that changed revivals for it: schemas
// which those versions made still have them, for their workers. What it did to tables by itself, to parked keys above all, is left out here.

export const COMMIT_3_PARAMETERS =
  "c_group smallint, c_worker text, c_alone boolean, f_partition int[], f_epoch bigint[], p_partition int[], p_from bigint[], p_to bigint[], " +
  "e_name text[], e_from int[], e_to int[], d_tenant text[], d_key text[], d_version bigint[], d_write int[], d_body text[], timers json, statements json, " +
  "m_partition int[], m_version int[], m_occurred_at bigint[], m_id uuid[], m_causation_id uuid[], m_name text[], m_tenant text[], m_key text[], " +
  "m_correlation_id text[], m_trace text[], m_body text[], k_id uuid[], k_partition int[], k_tenant text[], k_routing_key text[], k_operation text[], " +
  "k_call_key text[], k_input text[], k_causation_id uuid[], k_correlation_id text[], k_trace text[], k_deadline_ms double precision[], k_state text[], " +
  "k_attempts int[], k_due_ms double precision[], k_deadline_in_ms double precision[]";

const BY_INDEX = "set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off";

/** @param s the quoted schema name. */
export function commit3(s: string): string {
  return `
create or replace function ${s}.commit_3(${COMMIT_3_PARAMETERS}, out joined text[], out placed bigint[], out partitions int[], out before bigint[])
language plpgsql ${BY_INDEX} as $$
declare n int; i int; active smallint; run record;
begin
  perform ${s}.fence_1(c_group, c_worker, f_partition, f_epoch);
  if p_partition is not null then
    select g.active into active from ${s}.generation g where g.name = 'progress';
    insert into ${s}.progress (generation, consumer_group, partition, from_position, to_position, epoch)
    select active, c_group, u.partition, u.from_position, u.to_position, f_epoch[array_position(f_partition, u.partition)]
    from unnest(p_partition, p_from, p_to) as u(partition, from_position, to_position)
    where u.from_position = coalesce((select p.to_position from ${s}.progress p
      where p.consumer_group = c_group and p.partition = u.partition order by p.from_position desc limit 1), 0);
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
  if k_id is not null then
    joined := ${s}.request_calls_1(c_group, k_id, k_partition, k_tenant, k_routing_key, k_operation, k_call_key, k_input, k_causation_id, k_correlation_id, k_trace,
      k_deadline_ms, k_state, k_attempts, k_due_ms, k_deadline_in_ms);
  end if;
  if timers is not null then perform ${s}.insert_timers_1(timers); end if;
  if statements is not null then
    for run in select r.text, array(select json_array_elements_text(r.values)) as v, r.rows, row_number() over () - 1 as ord
      from json_to_recordset(statements) as r(text text, values json, rows int)
    loop
      perform ${s}.run_statement_1(run.ord::int, run.text, run.v, run.rows);
    end loop;
  end if;
  if m_id is not null then
    select a.placed, a.partitions, a.before into placed, partitions, before
      from ${s}.append_2(m_partition, m_version, m_occurred_at, m_id, m_causation_id, m_name, m_tenant, m_key, m_correlation_id, m_trace, m_body) a;
  end if;
end $$;

create or replace function ${s}.change_revivals_1(c_group smallint, c_worker text, f_partition int[], f_epoch bigint[],
  r_partition int[], r_tenant text[], r_key text[], r_on boolean[])
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
