// The server's functions of a schema: those of an older version are made anew, and of a newer one's schema only what is missing there is made. So
// workers of both find what they call, whichever comes first. The functions of single entities are made with these, see entities.ts.
import { number, quote, text, type Session } from "./connection.ts";
import { acquireFunction } from "./schema/acquire.ts";
import { appendFunctions } from "./schema/append.ts";
import { endCallControlsFunction } from "./schema/call-controls.ts";
import { callFunctions } from "./schema/calls.ts";
import { commitFunction } from "./schema/commit.ts";
import { controlsFunction } from "./schema/controls.ts";
import { entityTable, writeDocumentsFunction } from "./schema/documents.ts";
import { functions } from "./schema/functions.ts";

/**
 * Raised when the text of a function changes. A function whose parameters, result or meaning change gets a new number in its name, so that workers of
 * the version before find what they call in a schema which that version made, and this one may make what it calls in a schema of a later one. Those of
 * an entity have none while they are the first: a second one would be `load_2_…`, which no entity's name can be taken for, as it begins with a letter.
 * The first ones are to be made beside it as long as workers that call them may run. What the names stand for is held by schema/signatures.int.test.ts.
 */
const FUNCTIONS_VERSION = 15;

export async function makeFunctions(client: Session, s: string, schema: string): Promise<void> {
  const [madeBy] = await client.query(`select value from ${s}.setting where name = 'functions'`);
  const general = [
    appendFunctions(s, schema), callFunctions(s), functions(s, schema), commitFunction(s), acquireFunction(s), controlsFunction(s, schema),
    endCallControlsFunction(s),
  ].join("");
  if (number(madeBy?.[0]) >= FUNCTIONS_VERSION) {
    const there = new Set((await client.query("select distinct proname from pg_proc where pronamespace = $1::regnamespace", [s])).map((row) => text(row[0])));
    const missing = separate(general).filter((one) => !there.has(nameOf(one)));
    if (missing.length > 0) await client.command(missing.join(""));
    return;
  }
  const entities = (await client.query(`select name from ${s}.entity order by name`)).map((row) => text(row[0]));
  for (const entity of entities) await client.command(entityTable(s, schema, entity, quote));
  await client.command(general + writeDocumentsFunction(s, entities, quote));
  await client.query(`insert into ${s}.setting values ('channel', 'evenkeel_' || replace(gen_random_uuid()::text, '-', '')) on conflict do nothing`);
  await client.query(`insert into ${s}.setting values ('functions', $1) on conflict (name) do update set value = excluded.value`, [String(FUNCTIONS_VERSION)]);
}

/** One statement for each function; the comment above the next one ends with it. */
function separate(statements: string): readonly string[] {
  return statements.split(/^(?=create or replace )/m).slice(1);
}

function nameOf(statement: string): string {
  return /\.(\w+)\(/.exec(statement)?.[1] ?? "";
}
