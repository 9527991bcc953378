// Operators: what is parked, what they asked for, and the owner's answers. An owner acts on control rows behind its fence.
import type { AppliedControl, ControlEntry, ControlRequest, Fence, GroupSummary, ParkedEntry, ParkedFilter } from "@evenkeel/core/spi";
import { LISTED_LENGTH } from "@evenkeel/core/spi";
import { int4Array, int8Array } from "./arrays.ts";
import { number, storeError, text, type Row } from "./connection.ts";
import { messageOf } from "./envelopes.ts";
import { groupName, groupNumber, type Scope } from "./scope.ts";

export async function listParked(scope: Scope, filter: ParkedFilter): Promise<readonly ParkedEntry[]> {
  const values: unknown[] = [filter.limit];
  const conditions = ["p.state <> 'queued'"];
  // As precise as it is told: an order that nobody can see could not be continued. The position is counted per partition, and each group
  // parks its own, so only all four together are one place.
  const place = ["round(extract(epoch from p.parked_at) * 1000)", "p.position", "p.partition", "p.consumer_group"].join(", ");
  const add = (condition: (parameter: string) => string, value: unknown): void => {
    values.push(value);
    conditions.push(condition(`$${String(values.length)}`));
  };
  // A group this process does not know has nothing parked that it could show.
  if (filter.group !== undefined) add((p) => `p.consumer_group = ${p}`, scope.groups.get(filter.group) ?? -1);
  if (filter.tenant !== undefined) add((p) => `p.tenant = ${p}`, filter.tenant);
  if (filter.key !== undefined) add((p) => `p.key = ${p}`, filter.key);
  if (filter.state !== undefined) add((p) => `p.state = ${p}`, filter.state);
  if (filter.after !== undefined) {
    const { parkedAt, position, partition, group } = filter.after;
    const first = values.push(parkedAt, position, partition, scope.groups.get(group) ?? Number(group.slice(1))) - 3;
    // The first is implied by the second, and an index can begin there; a millisecond earlier, since its fraction is a binary one.
    conditions.push(`p.parked_at >= to_timestamp(($${String(first)}::numeric / 1000)::float8) - interval '1 millisecond'`);
    conditions.push(`(${place}) > ($${String(first)}::numeric, $${String(first + 1)}::bigint, $${String(first + 2)}::int, $${String(first + 3)}::int)`);
  }
  try {
    const rows = await scope.database.query(
      `
      select p.consumer_group, p.state, p.attempts, p.code, p.reason, round(extract(epoch from p.parked_at) * 1000), p.edited_body,
        (select count(*) from ${scope.s}.parked b where b.consumer_group = p.consumer_group and b.partition = p.partition and b.tenant = p.tenant and b.key = p.key and b.position > p.position),
        p.position, p.partition, p.version, p.occurred_at, p.id, p.causation_id, p.name, p.tenant, p.key, p.correlation_id, p.trace, p.body
      from (
        select m.*, pg_column_size(m.body) + coalesce(pg_column_size(m.edited_body), 0) as length,
          sum(pg_column_size(m.body) + coalesce(pg_column_size(m.edited_body), 0)) over (order by ${place.replaceAll("p.", "m.")}) as upto
        from (select * from ${scope.s}.parked p where ${conditions.join(" and ")} order by ${place} limit $1) m) p
      where p.upto - p.length < $${String(values.push(Math.max(1, filter.maxLength ?? LISTED_LENGTH)))} order by ${place}`,
      values,
    );
    return rows.map((row): ParkedEntry => {
      const message = messageOf(row, 8);
      return {
        group: groupName(scope, number(row[0])),
        state: row[1] === "dead" ? "dead" : "waiting",
        attempts: number(row[2]),
        code: text(row[3]),
        reason: text(row[4]),
        parkedAt: number(row[5]),
        editedBody: row[6] ?? null,
        behind: number(row[7]),
        partition: message.partition,
        tenant: message.tenant,
        key: message.key,
        position: message.position,
        message,
      };
    });
  } catch (error) {
    throw storeError(error, "listing parked messages");
  }
}

export async function requestControl(scope: Scope, requests: readonly ControlRequest[]): Promise<readonly number[]> {
  try {
    const rows = await scope.database.query(
      `
      insert into ${scope.s}.control (consumer_group, partition, tenant, key, position, action, body, actor, note)
      select * from json_to_recordset($1) as r(consumer_group smallint, partition smallint, tenant text, key text, position bigint, action text, body json, actor text, note text) returning id`,
      [
        JSON.stringify(
          requests.map(({ group, body, ...rest }) => ({
            ...rest,
            consumer_group: groupNumber(scope, group),
            body: body === null ? null : (JSON.parse(body) as unknown),
          })),
        ),
      ],
    );
    return rows.map((row) => number(row[0]));
  } catch (error) {
    throw storeError(error, "recording a request");
  }
}

export async function applyControls(
  scope: Scope,
  request: { group: string; worker: string; fences: readonly Fence[] },
): Promise<readonly AppliedControl[]> {
  try {
    const rows = await scope.database.query(`select * from ${scope.s}.apply_controls_1($1, $2, $3, $4)`, [
      groupNumber(scope, request.group),
      request.worker,
      int4Array(request.fences.map((one) => one.partition)),
      int8Array(request.fences.map((one) => one.epoch)),
    ]);
    return rows.map((row): AppliedControl => ({
      partition: number(row[0]),
      tenant: text(row[1]),
      key: text(row[2]),
      position: number(row[3]),
      action: row[4] === "redrive" ? "redrive" : row[4] === "edit" ? "edit" : "skip",
      remaining: number(row[5]),
      applied: row[6] === "t",
    }));
  } catch (error) {
    throw storeError(error, "acting on requests");
  }
}

export async function controls(scope: Scope, filter: { ids?: readonly number[]; limit: number }): Promise<readonly ControlEntry[]> {
  try {
    const rows = await scope.database.query(
      `
      select id, consumer_group, partition, tenant, key, position, action, body, actor, note,
        round(extract(epoch from requested_at) * 1000), round(extract(epoch from done_at) * 1000), result
      from ${scope.s}.control where $1::bigint[] is null or id = any($1) order by id desc limit $2`,
      [filter.ids === undefined ? null : int8Array(filter.ids), filter.limit],
    );
    return rows.map((row) => controlOf(scope, row));
  } catch (error) {
    throw storeError(error, "reading requests");
  }
}

function controlOf(scope: Scope, row: Row): ControlEntry {
  return {
    id: number(row[0]),
    group: groupName(scope, number(row[1])),
    partition: number(row[2]),
    tenant: text(row[3]),
    key: text(row[4]),
    position: number(row[5]),
    action: row[6] === "redrive" ? "redrive" : row[6] === "edit" ? "edit" : "skip",
    body: row[7] ?? null,
    actor: text(row[8]),
    note: text(row[9]),
    requestedAt: number(row[10]),
    doneAt: row[11] == null ? null : number(row[11]),
    result: row[12] ?? null,
  };
}

const underWay = new WeakMap<Scope, Promise<readonly GroupSummary[]>>();

/**
 * One at a time per process: on a large log it may take longer than the pause between two looks at it, and would come to hold every
 * connection. Whoever asks meanwhile has the answer of the one under way.
 */
export function summary(scope: Scope): Promise<readonly GroupSummary[]> {
  const running = underWay.get(scope);
  if (running !== undefined) return running;
  const begun = sumUp(scope).finally(() => { underWay.delete(scope); });
  underWay.set(scope, begun);
  return begun;
}

async function sumUp(scope: Scope): Promise<readonly GroupSummary[]> {
  const { s } = scope;
  try {
    const rows = await scope.database.patient.query(
      `
      select g.name,
        (select coalesce(sum((select count(*) from ${s}.log l where l.partition = p and l.name = any(g.names) and l.position >
          coalesce((select r.to_position from ${s}.progress r where r.consumer_group = g.number and r.partition = p order by r.from_position desc limit 1), 0))), 0) from generate_series(0, $1::int - 1) p),
        (select count(*) from ${s}.parked k where k.consumer_group = g.number and k.state = 'waiting'),
        (select count(*) from ${s}.parked k where k.consumer_group = g.number and k.state = 'dead'),
        (select round(extract(epoch from min(parked_at)) * 1000) from ${s}.parked k where k.consumer_group = g.number and k.state <> 'queued'),
        (select count(*) from ${s}.call c where c.consumer_group = g.number),
        (select count(*) from ${s}.call c where c.consumer_group = g.number and c.state = 'attention')
      from ${s}.consumer_group g where g.name not like '@%' order by g.name`,
      [scope.partitions],
    );
    return rows.map((row) => ({
      group: text(row[0]),
      lag: number(row[1]),
      waitingKeys: number(row[2]),
      deadLetters: number(row[3]),
      oldestParkedAt: row[4] == null ? null : number(row[4]),
      calls: number(row[5]),
      callsNeedingAttention: number(row[6]),
    }));
  } catch (error) {
    throw storeError(error, "summing up");
  }
}
