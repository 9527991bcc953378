// Options: what is understood, and what a wrong one is answered with.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MarketplaceError } from "./marketplaceError.ts";
import { HELP, parseOptions } from "./options.ts";
import { parseOutage } from "./outage.ts";

test("no option at all is the generated sample, worked on in this process", () => {
  assert.deepEqual(parseOptions([]), { style: "choreography", orders: null, limit: null, database: null, workers: 0, chaos: false, outage: null, json: false, keep: false, seed: 1 });
});

test("chaos comes with two workers, because it kills them", () => {
  const options = parseOptions(["--chaos"]);
  assert.ok(options !== "help");
  assert.equal(options.workers, 2);
});

test("every option in the help is understood", () => {
  const words: Record<string, string[]> = {
    "--orders": [import.meta.filename], "--limit": ["10"], "--database": ["postgresql://somebody@localhost/shop"], "--workers": ["2"], "--seed": ["4"],
    "--outage": ["hang:20"], "--style": ["workflow"],
  };
  const named = new Set([...HELP.matchAll(/^ {2}(--[a-z]+)/gm)].map((found) => found[1] ?? ""));
  assert.equal(named.size, 11);
  for (const name of named) assert.ok(parseOptions([name, ...(words[name] ?? [])]) !== null);
});

test("an outage has a kind and a length, ten seconds unless told", () => {
  assert.deepEqual(parseOutage("down:60"), { kind: "down", seconds: 60 });
  assert.deepEqual(parseOutage("500"), { kind: "500", seconds: 10 });
});

for (const [words, what] of [
  [["--colour"], /--colour/],
  [["--style", "baroque"], /--style baroque is no style: write one of choreography, workflow/],
  [["--limit", "many"], /--limit many is not a whole number from 1/],
  [["--limit", "0"], /--limit 0/],
  [["--workers", "99"], /from 0 to 16/],
  [["--seed", "-1"], /seed/],
  [["--chaos", "--workers", "1"], /at least 2/],
  [["--database", "mysql://here"], /postgresql:\/\//],
  [["--orders", "/nowhere/orders.csv"], /\/nowhere\/orders.csv: there is no such file/],
  [["--outage", "rain"], /--outage rain is no outage: write one of down, refuse, hang, drop, 500, decline/],
  [["--outage", "down:0"], /from 1 to 600/],
  [["--outage", "down:5:6"], /down:5:6/],
  [["--outage", "down:5", "--chaos"], /one of them/],
  [["stray"], /stray/],
] as const) {
  test(`${words.join(" ")} is refused with what to do`, () => {
    assert.throws(() => parseOptions(words), (error) => error instanceof MarketplaceError && error.code === "OPTION_INVALID" && what.test(error.message));
  });
}
