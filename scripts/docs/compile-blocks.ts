// Type-checks the TypeScript of the documentation in one program with the repository's own compiler options, and reports
// each mistake at the line of the page, not of a temporary file. Writes the files; running them is not its business.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import type { CodeBlock } from "./code-blocks.ts";

type CompiledBlock = { readonly block: CodeBlock; readonly file: string; readonly mistakes: readonly string[] };

/** `folder` must lie inside the repository, so that the packages' names resolve. */
export function compileBlocks(root: string, folder: string, blocks: readonly CodeBlock[]): CompiledBlock[] {
  const written = blocks.map((block) => ({ block, file: writeBlock(folder, block) }));
  const program = ts.createProgram(written.map(({ file }) => file), optionsOf(root));
  return written.map(({ block, file }) => ({ block, file, mistakes: mistakesIn(program, block, file) }));
}

function writeBlock(folder: string, block: CodeBlock): string {
  const file = join(folder, `${block.page.replaceAll(/[^\w-]+/g, "_")}_${block.line}.ts`);
  // The last line makes it a module: without one, the names of all blocks would share one global scope.
  writeFileSync(file, [...block.code.map(({ text }) => text), "export {};", ""].join("\n"));
  return file;
}

function optionsOf(root: string): ts.CompilerOptions {
  const path = join(root, "tsconfig.json");
  const read = ts.readConfigFile(path, (file) => ts.sys.readFile(file));
  return ts.parseJsonConfigFileContent(read.config, { ...ts.sys, readDirectory: () => [] }, root).options;
}

function mistakesIn(program: ts.Program, block: CodeBlock, file: string): string[] {
  const source = program.getSourceFile(file);
  if (source === undefined) throw new Error(`${block.page}:${block.line}: the compiler did not read the block.`);
  return ts.getPreEmitDiagnostics(program, source).map((mistake) => {
    const index = source.getLineAndCharacterOfPosition(mistake.start ?? 0).line;
    return `${block.page}:${block.code[index]?.line ?? block.line}: ${ts.flattenDiagnosticMessageText(mistake.messageText, "\n")}`;
  });
}
