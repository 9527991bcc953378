// Which blocks are found on a page, and what is done with each.
import assert from "node:assert/strict";
import test from "node:test";
import { codeBlocksOf } from "./code-blocks.ts";

function page(...lines: string[]): string {
  return lines.join("\n");
}

test("a marked block is run and compared with the text block after it", () => {
  const [block] = codeBlocksOf("p.md", page("<!-- run -->", "```ts", "console.log(1);", "```", "prints", "```text", "1", "```"));
  assert.equal(block?.treatment, "run");
  assert.equal(block.expected, "1\n");
  assert.deepEqual(block.code, [{ text: "console.log(1);", line: 3 }]);
});

test("a block without a mark is compiled, other languages are left alone", () => {
  const found = codeBlocksOf("p.md", page("```ts", "1;", "```", "```sh", "ls", "```", "```json", "{}", "```"));
  assert.deepEqual(found.map((one) => one.treatment), ["compile"]);
});

test("a marked shell block is run", () => {
  assert.equal(codeBlocksOf("p.md", page("<!-- run -->", "```sh", "ls", "```"))[0]?.language, "sh");
});

test("a block that continues carries the code before it with its lines", () => {
  const found = codeBlocksOf("p.md", page("```ts", "const a = 1;", "```", "<!-- run, continues -->", "```ts", "a;", "```"));
  assert.deepEqual(found[1]?.code, [{ text: "const a = 1;", line: 2 }, { text: "a;", line: 6 }]);
});

test("an illustrative block needs a reason, and an unknown mark is refused", () => {
  assert.equal(codeBlocksOf("p.md", page("<!-- illustrative: the future API -->", "```ts", "x…", "```"))[0]?.treatment, "show");
  assert.throws(() => codeBlocksOf("p.md", page("<!-- illustrative: -->", "```ts", "```")), /p\.md:2: say why/);
  assert.throws(() => codeBlocksOf("p.md", page("<!-- rnu -->", "```ts", "```")), /"rnu" is unknown/);
});
