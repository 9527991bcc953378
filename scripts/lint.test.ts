// The linter's rules of the house, each proven able to fail: planted code is linted as if it stood in a real file.
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { ESLint } from "eslint";
import { repositoryRoot } from "./test/run-file.ts";

const eslint = new ESLint({ cwd: repositoryRoot });
const inCore = "packages/core/src/errors.ts";
const outsideCore = "scripts/build.ts";
const inTest = "scripts/lint.test.ts";

async function rulesBroken(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(repositoryRoot, file) });
  return (result?.messages ?? []).map((one) => one.ruleId ?? one.message);
}

const everywhere: Readonly<Record<string, string>> = {
  "@typescript-eslint/no-floating-promises": "Promise.resolve(1);",
  "@typescript-eslint/no-misused-promises": "if (Promise.resolve(true)) throw new Error();",
  "@typescript-eslint/no-explicit-any": "export let a: any;",
  "@typescript-eslint/no-unsafe-assignment": 'export const a: string = JSON.parse("1");',
  "@typescript-eslint/consistent-type-imports": 'import { Stats } from "node:fs"; export type A = Stats;',
  "@typescript-eslint/switch-exhaustiveness-check": 'export function f(a: "x" | "y"): void { switch (a) { case "x": } }',
  "@typescript-eslint/no-unnecessary-condition": "export function f(a: string): number { return a === undefined ? 1 : 2; }",
  "@typescript-eslint/no-non-null-assertion": "export function f(a: string | undefined): string { return a!; }",
  "no-restricted-syntax": "export const a = 1 as unknown as string;",
  "no-restricted-imports": 'import "@evenkeel/core/src/errors.ts";',
  "max-len": `// ${"x".repeat(200)}`,
};

for (const [rule, code] of Object.entries(everywhere)) {
  test(`${rule} holds`, async () => assert.ok((await rulesBroken(outsideCore, code)).includes(rule)));
}

const onlyInCore = [
  'import { readFileSync } from "node:fs"; readFileSync("a");', "export const a = Date.now();", "export const a = new Date();",
  "export const a = Math.random();", "setTimeout(() => undefined, 1);", "setInterval(() => undefined, 1);",
  "export const a = crypto.randomUUID();", "export const a = process.env;", 'console.log("a");', "export const a = globalThis;",
];

for (const code of onlyInCore) {
  test(`core may not say: ${code}`, async () => {
    const broken = await rulesBroken(inCore, code);
    assert.ok(broken.some((rule) => rule.startsWith("no-restricted-")), broken.join());
    assert.deepEqual((await rulesBroken(outsideCore, code)).filter((rule) => rule.startsWith("no-restricted-")), []);
  });
}

test("the examples are held to the rule of our own plugin", async () => {
  const checkout = "examples/marketplace/src/checkout/checkout.ts";
  const about = 'import { workflow } from "evenkeel";\nimport { Placed } from "../orders/messages.ts";\n';
  const broken = await rulesBroken(checkout, `${about}export const a = workflow("a", { input: Placed }, async (_order, w) => { await w.sleep({ days: 1 }); return Date.now(); });`);
  assert.ok(broken.includes("evenkeel/deterministic"), broken.join());
});

test("a date made from a given time is fine in core", async () => {
  assert.deepEqual(await rulesBroken(inCore, "export const a = new Date(0).getTime();"), []);
});

test("top-level tests need no await, but .only is refused", async () => {
  assert.deepEqual(await rulesBroken(inTest, 'import test from "node:test";\ntest("a", () => undefined);'), []);
  const broken = await rulesBroken(inTest, 'import test from "node:test";\ntest.only("a", () => undefined);');
  assert.ok(broken.includes("no-restricted-syntax"));
});
