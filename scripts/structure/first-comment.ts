// Every source file opens with a comment that says what the file is responsible for. A shebang may stand before it.
import type { Check } from "./finding.ts";
import { isModule } from "./module-source.ts";

export const firstComment: Check = (tree) =>
  [...tree.files].flatMap(([file, text]) => {
    if (!isModule(file) || opensWithComment(text)) return [];
    return [{ file, line: 1, message: "The file does not open with a comment that says what it is responsible for." }];
  });

// Fewer than three words cannot name a responsibility, and a directive for a tool is not prose.
function opensWithComment(text: string): boolean {
  const body = text.replace(/^#!.*\n/, "").trimStart();
  const comment = /^(?:\/\/(.*)|\/\*([^]*?)\*\/)/.exec(body);
  const prose = (comment?.[1] ?? comment?.[2] ?? "").trim();
  return prose.split(/\s+/).length >= 3 && !/^(eslint|@ts-|prettier|tslint)/.test(prose);
}
