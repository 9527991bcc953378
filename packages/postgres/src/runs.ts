// Documents of workflows' runs, for tools beside the application: read in pages by key, so that no statement takes long and none locks anything.
// What stands in them is not looked at, save for the status.
import { quote, storeError, text } from "./connection.ts";
import type { Scope } from "./scope.ts";

export interface RunsFilter {
  /** The entity whose documents they are. */
  readonly entity: string;
  readonly tenant?: string;
  readonly id?: string;
  readonly statuses: readonly string[];
}

export interface StoredRun { readonly tenant: string; readonly id: string; readonly body: string }

/** So many documents are looked at by one statement, whether or not they fit. */
const PAGE = 500;

/** Yields the documents that fit, by tenant and id; nothing for an entity that the database does not have. */
export async function* runs(scope: Scope, { entity, tenant, id, statuses }: RunsFilter): AsyncGenerator<StoredRun, void, undefined> {
  const table = `${scope.s}.${quote(`entity_${entity}`)}`;
  const [known] = await ask(scope, `select 1 from ${scope.s}.entity where name = $1`, [entity]);
  if (known === undefined) return;
  let after: readonly [string, string] = ["", ""];
  for (;;) {
    const page = await ask(scope, `
      select tenant, key, case when body->>'status' = any(array(select json_array_elements_text($5::json))) then body::text end
      from ${table} where (tenant, key) > ($1, $2) and ($3::text is null or tenant = $3) and ($4::text is null or key = $4)
      order by tenant, key limit ${String(PAGE)}`, [...after, tenant ?? null, id ?? null, JSON.stringify(statuses)]);
    for (const [of, key, body] of page) if (body !== null && body !== undefined) yield { tenant: text(of), id: text(key), body };
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = [text(last[0]), text(last[1])];
  }
}

async function ask(scope: Scope, statement: string, values: readonly unknown[]) {
  try {
    return await scope.database.query(statement, values);
  } catch (error) {
    throw storeError(error, "reading the runs");
  }
}
