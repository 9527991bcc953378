// The reference pages say what the code does: errors with their status, retry class and audience, settings with their defaults and
// bounds, commands with their options. Compared both ways, so that neither side can have what the other lacks.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { cliErrorCodes, runCommand } from "@evenkeel/cli";
import { DEFAULT_SETTINGS, ERRORS, isEvenkeelError, parseSettings } from "@evenkeel/core";
import type { Settings, SettingsInput } from "@evenkeel/core";
import { embeddedErrorCodes } from "@evenkeel/embedded";
import { DEFAULT_HTTP_NUMBERS, HTTP_BOUNDS } from "@evenkeel/http";
import { DEFAULT_RETENTION } from "@evenkeel/postgres";
import { repositoryRoot } from "../test/run-file.ts";
import { codesIn, tablesOf } from "./tables.ts";

const page = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");
const errorsPage = page("docs/reference/errors.md");
const configurationPage = page("docs/reference/configuration.md");

test("every error's section has the status, retry class and audience of the table", () => {
  const documented = [...errorsPage.matchAll(/^### `(\w+)`\n\n(.*)$/gm)].map(([, code, facts]) => `${code ?? ""}: ${facts ?? ""}`);
  const inCode = Object.entries(ERRORS).map(([code, { httpStatus, retry, audience }]) =>
    `${code}: HTTP ${String(httpStatus)} · retry ${retry} · for ${audience}`);
  assert.deepEqual(documented.sort(), inCode.sort());
});

test("the codes of the embedded server are listed", () => {
  const documented = [...errorsPage.matchAll(/^\| `(EMBEDDED_\w+)` \|/gm)].map(([, code]) => code);
  assert.deepEqual(documented.sort(), [...embeddedErrorCodes].sort());
});

test("the codes of the command are listed", () => {
  const documented = [...errorsPage.matchAll(/^\| `(\w+)` \| the command \|/gm)].map(([, code]) => code);
  assert.deepEqual(documented.sort(), [...cliErrorCodes].sort());
});

test("the settings' table has every setting and no other", () => {
  const { retry, ...rest } = DEFAULT_SETTINGS;
  const inCode = [...Object.keys(rest), ...Object.keys(retry).map((name) => `retry.${name}`)];
  assert.deepEqual(settingRows().map((row) => row.name).sort(), inCode.sort());
});

for (const { name, given, least, most } of settingRows()) {
  test(`the setting ${name} has the default and the bounds of its row`, () => {
    assert.equal(given, defaultOf(name));
    if (least !== "") {
      assert.ok(accepts(name, Number(least)), `${least} is refused`);
      assert.ok(!accepts(name, Number(least) - 1), `${String(Number(least) - 1)} is accepted`);
    }
    if (most !== "") {
      assert.ok(accepts(name, Number(most)), `${most} is refused`);
      assert.ok(!accepts(name, Number(most) + 1), `${String(Number(most) + 1)} is accepted`);
    }
  });
}

test("retention's defaults are those of the code", () => {
  const documented = [...configurationPage.matchAll(/^\| `retention\.(\w+)` \| (\d+)/gm)].map(([, name, value]) => [name, Number(value)]);
  assert.deepEqual(Object.fromEntries(documented), DEFAULT_RETENTION);
});

test("the table of the HTTP client has every number with its default and bounds", () => {
  const part = /^## Options of `httpClient`\n([^]*?)^## /m.exec(configurationPage)?.[1] ?? "";
  const documented = [...part.matchAll(/^\| `(\w+)` \| (\d+) \| (\d+) \| (\d+) \|/gm)].map(([, name, ...numbers]) => [name, numbers.map(Number)]);
  const bounds = new Map<string, readonly number[]>(Object.entries(HTTP_BOUNDS));
  const inCode = Object.entries(DEFAULT_HTTP_NUMBERS).map(([name, given]) => [name, [given, ...(bounds.get(name) ?? [])]]);
  assert.deepEqual(documented, inCode);
});

test("every command has a section with its options, and no option that it does not take", async () => {
  const commandPart = configurationPage.slice(configurationPage.indexOf("## The command"));
  const [intro = "", ...sections] = commandPart.split(/^### /m);
  const names = [...(await helpOf([])).matchAll(/^ {2}([a-z][a-z-]*(?: [a-z]+)?) {2,}\S/gm)].map(([, name]) => name ?? "");
  assert.deepEqual(sections.map((one) => /^`(.*)`/.exec(one)?.[1] ?? "").sort(), names.sort());
  const everywhere = optionsIn(intro);
  for (const section of sections) {
    const name = /^`(.*)`/.exec(section)?.[1] ?? "";
    const offered = (await helpOf(name.split(" "))).matchAll(/^ {2}--([a-z-]+)/gm);
    const own = [...offered].map(([, option]) => option ?? "").filter((option) => !everywhere.includes(option)).sort();
    assert.deepEqual(optionsIn(section), own, name);
  }
});

test("the README of the command names every command", async () => {
  const names = [...(await helpOf([])).matchAll(/^ {2}([a-z][a-z-]*)(?: ([a-z]+))? {2,}\S/gm)];
  const lines = page("packages/cli/README.md").split("\n").filter((line) => line.startsWith("evenkeel "));
  const missing = names.filter(([, first = "", second = ""]) => !lines.some((line) => line.startsWith(`evenkeel ${first} `) && line.includes(second)));
  assert.deepEqual(missing.map(([line]) => line.trim()), []);
});

test("the defaults in the commands' tables are those of their help", async () => {
  const tables = tablesOf(configurationPage).filter(({ heading, columns: [first = ""] }) => heading.startsWith("`") && first === "option");
  assert.ok(tables.length > 10);
  const wrong: string[] = [];
  for (const { heading, rows } of tables) {
    const help = await helpOf(heading.replaceAll("`", "").split(" "));
    for (const [option = "", told = ""] of rows) {
      for (const name of codesIn(option)) {
        // Numbers and words that stand for a value; what a default is in other words is said differently in both.
        const inHelp = /default (\d+|[a-z]+(?=[,;]|$))/.exec(new RegExp(`^  ${name} .*$`, "m").exec(help)?.[0] ?? "")?.[1];
        const inTable = /^`?(\d+|[a-z]+)`?$/.exec(told)?.[1];
        if (inHelp !== undefined ? inHelp !== inTable : /^\d/.test(told)) wrong.push(`${heading} ${name}: ${told}, and the help says ${inHelp ?? "nothing"}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

interface SettingRow { readonly name: string; readonly given: string; readonly least: string; readonly most: string }

function settingRows(): SettingRow[] {
  const part = /^## Settings\n([^]*?)^## /m.exec(configurationPage)?.[1] ?? "";
  return part.split("\n").filter((line) => line.startsWith("| `")).map((line) => {
    const [, name = "", given = "", least = "", most = ""] = line.split("|").map((cell) => cell.trim().replaceAll("`", ""));
    return { name, given, least, most };
  });
}

function defaultOf(name: string): string {
  const { retry, ...rest } = DEFAULT_SETTINGS;
  const all = new Map<string, unknown>(Object.entries(rest));
  for (const [key, value] of Object.entries(retry)) all.set(`retry.${key}`, value);
  const value = all.get(name);
  // null leaves the number to the store, which takes 8 for a new log.
  return typeof value === "string" || typeof value === "number" ? String(value) : "8";
}

function accepts(name: string, value: number): boolean {
  const [first = "", second] = name.split(".");
  const input: SettingsInput = second === undefined ? { [first]: value } : { retry: { [second]: value } };
  try {
    const parsed: Settings = parseSettings(input);
    return parsed.leaseMs > 0;
  } catch (error) {
    assert.ok(isEvenkeelError(error) && error.code === "CONFIG_INVALID", String(error));
    return false;
  }
}

/** The options that a page mentions, each once, in alphabetical order. */
function optionsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/`--([a-z-]+)/g)].map(([, name]) => name ?? ""))].sort();
}

async function helpOf(words: readonly string[]): Promise<string> {
  let text = "";
  const around = { out: (more: string) => { text += more; }, err: () => undefined, env: {}, folder: repositoryRoot };
  const code = await runCommand([...words, "--help"], around);
  assert.equal(code, 0);
  return text;
}
