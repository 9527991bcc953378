// What the functions' names stand for. Workers of several versions run on one schema, and each calls them by these names: whatever changes of one's
// parameters or result is another function, with another number, and this list keeps the old one as long as workers that call it may run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { freshSchema, manifestOf } from "../testing/one-owner.ts";

const SIGNATURES: Readonly<Record<string, string>> = {
};

test("a function whose name stays keeps its parameters and its result", { timeout: 60_000 }, async (t) => {
  const place = freshSchema(t);
  await place.store().prepare(manifestOf("bill"));
  const rows = await place.database.query(`
    select proname, pg_get_function_arguments(oid) || ' -> ' || coalesce(pg_get_function_result(oid), 'nothing')
    from pg_proc where pronamespace = $1::regnamespace order by proname`, [place.s]);
  const found = Object.fromEntries(rows.map(([name, signature]) => [name ?? "", signature ?? ""]));
  for (const [name, signature] of Object.entries(SIGNATURES)) assert.equal(found[name], signature, `${name}: give the changed function another number, and keep this one`);
  assert.deepEqual(Object.keys(found).filter((name) => !(name in SIGNATURES)), [], "a new function is to be listed");
});
