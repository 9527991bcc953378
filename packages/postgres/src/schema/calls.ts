// The server-side function that records the calls of a commit under their business keys. How calls change and go again is part of the commit itself, in
// commit.ts.

/** The columns of a call as arrays, in the order that `callArrays` sends them. */
export const CALL_ARRAYS = "k_id uuid[], k_partition int[], k_tenant text[], k_routing_key text[], k_operation text[], k_call_key text[], k_input text[], k_causation_id uuid[], k_correlation_id text[], k_trace text[], k_deadline_ms double precision[], k_state text[], k_attempts int[], k_due_ms double precision[], k_deadline_in_ms double precision[]";
export const CALL_NAMES = CALL_ARRAYS.split(", ").map((column) => column.split(" ")[0]).join(", ");

/** @param s the quoted schema name. */
export function callFunctions(s: string): string {
  const columns = CALL_NAMES.replaceAll("k_", "");
  const insert = `insert into ${s}.call (generation, sequence, consumer_group, partition, id, tenant, routing_key, operation, call_key, input, causation_id, correlation_id, trace, state, attempts, due_at, deadline_at, deadline_ms)
      select active, nextval('${s}.call_sequence'), c_group, u.partition, u.id, u.tenant, u.routing_key, u.operation, u.call_key, u.input::json, u.causation_id, u.correlation_id, u.trace,
        u.state, u.attempts, now + u.due_ms * interval '1 millisecond', now + u.deadline_in_ms * interval '1 millisecond', u.deadline_ms
      from unnest(${CALL_NAMES}) as u(${columns})`;
  const others = `exists (select from ${s}.call c where c.generation = 1 - active)`;
  return `
-- Records new calls; returns those that join a live one. Its caller's settings are its own: it is called by the commit only.
-- A key is unique within a generation; across both, only a look at the other one can tell. That one is empty but for what was written beside a
-- rotation, and most keys are free: so the calls are written at once, and only where that fails is each looked up.
create or replace function ${s}.request_calls_1(c_group smallint, ${CALL_ARRAYS}) returns text[] language plpgsql as $$
declare active smallint; n int; run record; joined text[]; now timestamptz := clock_timestamp(); looks boolean;
begin
  select g.active into active from ${s}.generation g where g.name = 'call';
  looks := ${others};
  if not looks then
    begin
      ${insert};
      -- Looked at again: until the first row was written, a rotation could move live calls there.
      if ${others} then raise unique_violation; end if;
      return null;
    exception when unique_violation then null;
    end;
  end if;
  for run in
    select u.ord, u.id, (c.input::text = u.input and c.consumer_group = c_group) as same
    from unnest(k_id, k_tenant, k_operation, k_call_key, k_input) with ordinality as u(id, tenant, operation, call_key, input, ord)
    join ${s}.call c on c.tenant = u.tenant and c.operation = u.operation and c.call_key = u.call_key
  loop
    if not run.same then
      raise exception 'the call key is in use with another input' using errcode = 'EK004', detail = (run.ord - 1)::text;
    end if;
    joined := joined || run.id::text;
  end loop;
  ${insert} where joined is null or not u.id::text = any(joined)
    on conflict do nothing;
  get diagnostics n = row_count;
  -- Another owner requested the same call a moment ago: look again.
  if n + coalesce(array_length(joined, 1), 0) <> array_length(k_id, 1) then raise exception 'a call was requested meanwhile' using errcode = '40001'; end if;
  return joined;
end $$;
`;
}
