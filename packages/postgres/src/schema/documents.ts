// The tables of documents and the functions that load and write them, for one entity and for any. Documents are compared and locked in key order; what a commit
// does besides is decided in commit.ts.
import { BY_INDEX, lockClass } from "./functions.ts";

const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/**
 * Writes the documents of an entity by its function. Made anew whenever there is another entity: a statement that names its function is planned once for
 * each connection, one that is put together at each commit is planned each time. That is left for an entity that is not named here.
 */
export function writeDocumentsFunction(s: string, entities: readonly string[], quote: (name: string) => string): string {
  const given = "alone, t, k, v, w, b";
  const one = (entity: string): string => `  if entity = ${literal(entity)} then return ${s}.${quote(`write_${entity}`)}(${given}); end if;\n`;
  return `
create or replace function ${s}.write_documents_1(entity text, alone boolean, t text[], k text[], v bigint[], w int[], b text[]) returns int language plpgsql as $$
declare n int;
begin
${entities.map(one).join("")}  execute format('select ${s}.%I($1, $2, $3, $4, $5, $6)', 'write_' || entity) into n using ${given};
  return n;
end $$;
`;
}

/** The table of one entity and its functions. */
export function entityTable(s: string, schema: string, entity: string, quote: (name: string) => string): string {
  const table = `${s}.${quote(`entity_${entity}`)}`;
  const document = lockClass(schema, "document");
  return `
-- Half of each page is left free: a document is written again and again, those of one page often in one commit, and finds room beside itself.
-- PostgreSQL would call the index of the key entity_..._pkey, as the table of another entity may be called.
create table if not exists ${table} (tenant text not null, key text not null, version bigint not null, body json, constraint ${quote(`pkey_${entity}`)} primary key (tenant, key)) with (fillfactor = 50);
-- The documents that there are, by their place in the question.
create or replace function ${s}.${quote(`load_${entity}`)}(t text[], k text[]) returns table (r_ord bigint, r_version bigint, r_body json) language plpgsql stable ${BY_INDEX} as $$
begin
  return query select u.ord, e.version, e.body from unnest(t, k) with ordinality as u(t, k, ord)
    cross join lateral (select d.version, d.body from ${table} d where d.tenant = u.t and d.key = u.k offset 0) e;
end $$;
-- Returns how many documents had another version than expected: 0 means that everything was written. The plans must go by the key: the
-- table may have grown a thousandfold since they were made. That is what its caller's settings say.
create or replace function ${s}.${quote(`write_${entity}`)}(alone boolean, t text[], k text[], v bigint[], w int[], b text[]) returns int language plpgsql as $$
declare n int; kept int := 0; raised int := 0; made int := 0; blind int := 0; one record;
begin
  if not alone then
    -- Absent documents have no row to lock.
    for one in select u.t, u.k from unnest(t, k, v) as u(t, k, v) where u.v = 0 or u.v is null order by u.t, u.k loop
      perform pg_advisory_xact_lock(${document}, hashtext('${entity}:' || one.t || ':' || one.k));
    end loop;
    perform 1 from unnest(t, k, v) with ordinality as u(t, k, v, ord) join ${table} e on e.tenant = u.t and e.key = u.k where u.v > 0 or u.v is null order by u.ord for update of e;
  end if;
  -- Mostly they are all of one kind; to count them costs as much as to write one.
  if 0 < all(v) and 0 < all(w) then
    raised := cardinality(v);
  elsif 0 = all(v) and 0 < all(w) then
    made := cardinality(v);
  else
    select count(*) filter (where u.w = 0), count(*) filter (where u.w > 0 and u.v > 0), count(*) filter (where u.w > 0 and u.v = 0), count(*) filter (where u.w > 0 and u.v is null)
      into kept, raised, made, blind from unnest(v, w) as u(v, w);
  end if;
  if kept > 0 then
    -- What was only read must be as it was.
    select count(*) into n from unnest(t, k, v, w) as u(t, k, v, w)
      where u.w = 0 and coalesce((select e.version from ${table} e where e.tenant = u.t and e.key = u.k), 0) <> u.v;
    if n > 0 then return n; end if;
  end if;
  if made > 0 then
    -- Not ON CONFLICT, which writes and looks twice for each row. What the block takes back, the caller takes back anyway.
    begin
      insert into ${table} (tenant, key, version, body) select u.t, u.k, 1, u.b::json from unnest(t, k, v, w, b) as u(t, k, v, w, b) where u.w > 0 and u.v = 0;
    exception when unique_violation then return made;
    end;
  end if;
  if raised > 0 then
    update ${table} e set version = u.v + 1, body = u.b::json from unnest(t, k, v, w, b) as u(t, k, v, w, b)
      where u.w > 0 and u.v > 0 and e.tenant = u.t and e.key = u.k and e.version = u.v;
    get diagnostics n = row_count;
    if n < raised then return raised - n; end if;
  end if;
  if blind > 0 then
    -- Written without being read; a deleted document keeps its row.
    insert into ${table} as e (tenant, key, version, body) select u.t, u.k, 1, u.b::json from unnest(t, k, v, w, b) as u(t, k, v, w, b) where u.w > 0 and u.v is null
      on conflict (tenant, key) do update set version = e.version + 1, body = excluded.body;
  end if;
  return 0;
end $$;
`;
}
