// Migration 2 and its function: what operators ask of calls that need attention, and how a request ends with its owner's commit.
import { BY_INDEX } from "./functions.ts";

/** @param s the quoted schema name. */
export function callControlTable(s: string): string {
  return `
-- A request names its call as it was, for the audit trail: the call itself goes. One is open per call at most.
create table ${s}.call_control (
  id bigint generated always as identity primary key,
  consumer_group smallint not null, partition smallint not null, call_id uuid not null,
  tenant text not null, operation text not null, call_key text not null, routing_key text not null,
  action text not null, outcome_name text, outcome json, deadline_ms double precision, actor text not null, note text not null,
  requested_at timestamptz not null default clock_timestamp(), done_at timestamptz, result text
);
create unique index call_control_open on ${s}.call_control (call_id) where done_at is null;
create index call_control_pending on ${s}.call_control (consumer_group, partition) where done_at is null;
create index call_control_call on ${s}.call_control (call_id);
`;
}

/**
 * Ends requests within the commit that acts on them: behind its fence, and before the calls change. It gives back the group, as the
 * argument of commit_4 that it stands for, so that it cannot come after it.
 */
export function endCallControlsFunction(s: string): string {
  return `
create or replace function ${s}.end_call_controls_1(c_group smallint, c_worker text, f_partition int[], f_epoch bigint[], ends json)
returns smallint language plpgsql ${BY_INDEX} as $$
declare e record; why text;
begin
  perform ${s}.fence_1(c_group, c_worker, f_partition, f_epoch);
  for e in select * from json_to_recordset(ends) as r(id bigint, call uuid, refused text, deadline_ms double precision) order by r.id loop
    why := e.refused;
    if why is null then
      -- The handler's own answer may have ended it a moment ago; from here on it waits for this commit.
      perform 1 from ${s}.call c where c.id = e.call for update;
      if not found then why := 'the call had ended before'; end if;
    end if;
    update ${s}.call_control k set done_at = clock_timestamp(), result = case when why is null then 'done' else 'refused: ' || why end
      where k.id = e.id and k.done_at is null and k.consumer_group = c_group and k.partition = any(f_partition);
    if not found then raise exception 'a request of an operator has ended already' using errcode = 'EK002'; end if;
    if why is null and e.deadline_ms is not null then
      update ${s}.call c set deadline_ms = e.deadline_ms, deadline_at = clock_timestamp() + e.deadline_ms * interval '1 millisecond' where c.id = e.call;
    end if;
  end loop;
  return c_group;
end $$;
`;
}
