// The reference's tables of options have a row for each option that the types of the sources have, no row besides, and the defaults that the code
// takes. A table that is held to nothing fails here as well, so that a new one cannot say what it likes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { repositoryRoot } from "../test/run-file.ts";
import { bracesIn, type Listed } from "./braces.ts";
import { codeDefaults } from "./code-defaults.ts";
import { Declarations } from "./declarations.ts";
import { ALSO_SAID, HELD_TABLES, type HeldTable, type TypePlace } from "./held-tables.ts";
import { Members, type Member } from "./members.ts";
import { codesIn, tablesOf } from "./tables.ts";
import { commentDefault, isEmpty, toldDefault } from "./told-default.ts";

const PAGES = ["checker", "configuration", "definitions", "workflows"] as const;
const tables = PAGES.flatMap((page) =>
  tablesOf(readFileSync(join(repositoryRoot, `docs/reference/${page}.md`), "utf8")).map((table) => ({ page, ...table })));
const declarations = new Declarations(repositoryRoot);
const members = new Members(declarations);

/** One name of a row, and what its cells say of it. */
interface Row { readonly name: string; readonly told: string | null; readonly codes: readonly string[] }

for (const held of HELD_TABLES) {
  const where = `${held.page}.md, ${held.heading}, ${held.column}`;
  const options = optionsOf(held);

  test(`${where}: a row for every option, and none besides`, () => {
    const names = options.map(({ name }) => `${held.prefix ?? ""}${name}`);
    assert.deepEqual(rowsOf(held).map(({ name }) => name).sort(), names.sort());
  });

  test(`${where}: what must be given is required, and the defaults are those of the code`, () => {
    assert.deepEqual(rowsOf(held).flatMap((row) => {
      const option = options.find(({ name }) => `${held.prefix ?? ""}${name}` === row.name);
      const why = option === undefined || row.told === null || held.inWords?.[option.name] !== undefined ? null : whyFalse(option, row.told, held);
      return why === null ? [] : [`${row.name}: ${why}`];
    }), []);
  });

  test(`${where}: what is listed in braces is what is there`, () => {
    const rows = rowsOf(held);
    const wanted = Object.keys(held.braces ?? {});
    assert.deepEqual(rows.filter(({ codes }) => bracesIn(codes) !== null).map(({ name }) => name).sort(), wanted.sort());
    for (const name of wanted) {
      const places = held.braces?.[name] ?? [];
      const own = options.find((one) => one.name === name)?.inner() ?? [];
      const inner = places.flatMap((place) => place === true ? own : membersAt(place));
      sameAsListed(bracesIn(rows.find((row) => row.name === name)?.codes ?? []) ?? [], inner, held, `${where}, ${name}`);
    }
  });
}

for (const { types, defaults = [], inWords = {} } of [...HELD_TABLES, ...ALSO_SAID]) {
  test(`${types.map(({ type, member }) => member === undefined ? type : `${type}.${member}`).join(" and ")}: the comments say the defaults that the code takes`, () => {
    const code = codeDefaults(declarations, defaults);
    const wrong = types.flatMap(membersAt).flatMap(({ name, said }) => {
      const [told, taken] = [commentDefault(said), [...code.get(name) ?? []]];
      const isTrue = told === null || inWords[name] !== undefined || taken.length === 0 || taken.includes(told) || (isEmpty(told) && taken.every(isEmpty));
      return isTrue ? [] : [`${name}: ${told}, and the code takes ${taken.join(" or ")}`];
    });
    assert.deepEqual(wrong, []);
  });
}

test("every table of options is held to the code", () => {
  // The settings and the client's numbers are compared with what runs, the commands with their help: reference.test.ts. The rest: reference-verbs.test.ts.
  const elsewhere = (page: string, heading: string, column: string): boolean => column === "" || heading.startsWith("`") || [
    "configuration: Settings: setting", "configuration: Environment: variable",
    "checker: A check of services: end of an attempt", "checker: Reductions: reduction",
    "checker: The report: `verdict`", "workflows: Verbs: verb", "workflows: Verbs: option", "workflows: Messages of a workflow: message",
    "workflows: Messages of a workflow: why",
  ].includes(`${page}: ${heading}: ${column}`);
  const unheld = tables.filter(({ page, heading, columns: [column = ""] }) =>
    !elsewhere(page, heading, column) && !HELD_TABLES.some((held) => held.page === page && held.heading === heading && held.column === column));
  assert.deepEqual(unheld.map(({ page, line, columns }) => `${page}.md:${String(line)}: ${columns[0] ?? ""}`), []);
});

function membersAt({ file, type, member }: TypePlace): readonly Member[] {
  const all = members.of(file, type);
  return member === undefined ? all : all.find(({ name }) => name === member)?.inner() ?? [];
}

function optionsOf({ types, without = {} }: HeldTable): readonly Member[] {
  const all = types.flatMap(membersAt);
  return all.filter(({ name }, at) => without[name] === undefined && all.findIndex((one) => one.name === name) === at);
}

function rowsOf({ page, heading, column }: HeldTable): Row[] {
  const found = tables.filter((one) => one.page === page && one.heading === heading && one.columns[0] === column);
  assert.notEqual(found.length, 0, `${page}.md has no table "${column}" under "${heading}".`);
  return found.flatMap(({ columns, rows }) => rows.flatMap((cells): Row[] => {
    const names = codesIn(cells[0] ?? "");
    const at = columns.indexOf("default");
    // Of several names in a row: a default for each, unless one is for all.
    const several = names.length > 1 ? (cells[at] ?? "").split(", ") : [];
    return names.map((name, place) => ({
      name, told: at < 0 ? null : several.length === names.length ? several[place] ?? "" : cells[at] ?? "", codes: cells.slice(1).flatMap(codesIn),
    }));
  }));
}

/** Why a cell is no true word about an option's default; null: it is. */
function whyFalse({ name, isOptional, said }: Member, cell: string, { defaults = [] }: HeldTable): string | null {
  if (cell.startsWith("required") === isOptional) return isOptional ? "it may be left out" : `it must be given, and the table says "${cell}"`;
  if (!isOptional) return null;
  const [told, taken] = [toldDefault(cell), knownDefaults(name, said, defaults)];
  const [one] = taken;
  if (taken.length > 1) return `the code takes ${taken.join(" or ")}: name the files so that one is found`;
  if (one === undefined) return told === null || isEmpty(told) || told.startsWith("\"") ? null : `nothing in the code says that it is ${cell}`;
  return told === one || (isEmpty(one) && (told === null || isEmpty(told))) ? null : `the code takes ${one}, and the table says "${cell}"`;
}

/** What the code takes; where that cannot be read, what its comment says. */
function knownDefaults(name: string, said: string, files: readonly string[]): readonly string[] {
  const taken = [...codeDefaults(declarations, files).get(name) ?? []];
  const told = commentDefault(said);
  return taken.length > 0 ? taken : told === null ? [] : [told];
}

function sameAsListed(listed: readonly Listed[], inner: readonly Member[], held: HeldTable, where: string): void {
  assert.deepEqual(listed.map(({ name }) => name).sort(), [...new Set(inner.map(({ name }) => name))].sort(), where);
  for (const one of listed) {
    const member = inner.find(({ name }) => name === one.name);
    if (member === undefined) continue;
    if (one.inner !== null) sameAsListed(one.inner, member.inner(), held, `${where}, ${one.name}`);
    const taken = member.isOptional ? knownDefaults(member.name, member.said, held.defaults ?? []) : [];
    const isSaid = one.value !== "" || (one.inner === null && taken.some((json) => !isEmpty(json)));
    if (isSaid) assert.deepEqual([toldDefault(one.value)], taken, `${where}, ${one.name}`);
  }
}
