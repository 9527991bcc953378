// Counterexamples as stories: what changed, from where on there was no way out, and the pictures made of them.
import assert from "node:assert/strict";
import test from "node:test";
import { check } from "../model/check.ts";
import { model } from "../model/model.ts";
import { changesBetween } from "./changes.ts";
import { mermaidOf } from "./mermaid.ts";
import { storyHtml } from "./story-html.ts";
import { storyOf, type Story } from "./story.ts";

interface Till { readonly key: string; readonly at: "home" | "read" | "done"; readonly seen: number }
const tills = (at: Till["at"]): readonly Till[] => [{ key: "left", at, seen: 0 }, { key: "right", at, seen: 0 }];

/** Two tills take 10 each from an account of 20, and each writes what it has read before: the one that reads late is in order. */
const account = model({
  name: "an account <20>",
  init: [{ balance: 20, tills: tills("home") }],
  actions: {
    read: (s, next) => {
      for (const till of s.tills) if (till.at === "home") next({ ...s, tills: changed(s.tills, { ...till, at: "read", seen: s.balance }) }, till.key);
    },
    write: (s, next) => {
      for (const till of s.tills) if (till.at === "read") next({ balance: till.seen - 10, tills: changed(s.tills, { ...till, at: "done" }) }, till.key);
    },
  },
  invariants: { "both were paid": { when: (s) => s.tills.every(({ at }) => at === "done"), then: (s) => s.balance === 0 } },
  deadlock: (s) => s.tills.every(({ at }) => at === "done"),
});

function changed(all: readonly Till[], one: Till): readonly Till[] {
  return all.map((till) => (till.key === one.key ? one : till));
}

async function lostUpdate(): Promise<Story> {
  const story = storyOf(await check(account));
  assert.ok(story);
  return story;
}

test("a story says what each step changed, by the keys of rows", async () => {
  const { steps, property } = await lostUpdate();
  assert.equal(property, "both were paid");
  assert.deepEqual(steps.map(({ tale }) => tale.what), ["where it begins", 'read ("left")', 'read ("right")', 'write ("left")', 'write ("right")']);
  assert.deepEqual(steps[1]?.changes, [
    { path: "tills[left].at", before: "home", after: "read" }, { path: "tills[left].seen", before: 0, after: 20 },
  ]);
});

test("a story says after which step things could still end well", async () => {
  const { avoidableAfter } = await lostUpdate();
  // When both have read the same balance, one of the payments is lost whoever writes first.
  assert.equal(avoidableAfter, 1);
});

test("a defect that no course avoids is avoidable nowhere", async () => {
  const doomed = model({ name: "doomed", init: [{ n: 0 }], actions: { count: (s, next) => { if (s.n < 3) next({ n: s.n + 1 }); } }, invariants: { small: (s) => s.n < 3 } });
  const story = storyOf(await check(doomed));
  assert.equal(story?.avoidableAfter, null);
  assert.equal(story?.steps.length, 4);
});

test("a report without a trace has no story", async () => {
  const fine = model({ name: "fine", init: [{ n: 0 }], actions: { stay: (s, next) => { next(s); } } });
  assert.equal(storyOf(await check(fine)), null);
});

test("the sequence diagram names who acts, what changed and the turning point", async () => {
  const diagram = mermaidOf(await lostUpdate(), { notes: 1 });
  assert.deepEqual(diagram.split("\n").slice(0, 8), [
    "sequenceDiagram", "  autonumber", "  participant p0 as read", "  participant p1 as write",
    '  p0->>p0: read ("left")', '  Note right of p0: tills[left].at = "read"<br/>and 1 more', "  Note over p0,p1: from here on it cannot be avoided",
    '  p0->>p0: read ("right")',
  ]);
  assert.match(diagram, /Note over p0,p1: violated: both were paid\n$/);
});

test("the page stands by itself, escapes what it shows, and holds every step", async () => {
  const page = storyHtml(await lostUpdate());
  assert.match(page, /^<!doctype html>/);
  assert.doesNotMatch(page, /<script|https?:|src=|@import/);
  assert.match(page, /an account &lt;20&gt;/);
  assert.equal(page.match(/<li><div class="lanes">/g)?.length, 5);
  assert.match(page, /<code>tills\[left\]\.at<\/code> <del>&quot;home&quot;<\/del> <ins>&quot;read&quot;<\/ins>/);
  assert.match(page, /From here on it cannot be avoided/);
});

test("changes know rows by their keys, gone rows, Maps, Sets and values of another kind", () => {
  assert.deepEqual(changesBetween({ rows: [{ key: "a", n: 1 }, { key: "b", n: 2 }] }, { rows: [{ key: "b", n: 3 }] }), [
    { path: "rows[b].n", before: 2, after: 3 }, { path: "rows[a]", before: { key: "a", n: 1 }, after: undefined },
  ]);
  assert.deepEqual(changesBetween({ m: new Map([["x", 1]]), s: new Set(["p"]) }, { m: new Map([["x", 2]]), s: new Set(["p", "q"]) }), [
    { path: "m[\"x\"]", before: 1, after: 2 }, { path: "s[\"q\"]", before: undefined, after: "q" },
  ]);
  assert.deepEqual(changesBetween({ a: [] }, { a: [1] }), [{ path: "a", before: [], after: [1] }]);
  assert.deepEqual(changesBetween({ a: [1, { x: [] }] }, { a: [1, { x: [] }] }), []);
});
