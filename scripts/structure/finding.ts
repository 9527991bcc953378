// What a structure check reports: one breach of one rule at one place. Checks report everything they find, never the first only.

export type Finding = { readonly file: string; readonly line: number; readonly message: string };

/** A rule about the repository: pure, from the tree to every breach of it. */
export type Check = (tree: SourceTree) => readonly Finding[];

/** The text files of a repository by path (relative, forward slashes). What is not in here does not exist for the checks. */
export type SourceTree = { readonly files: ReadonlyMap<string, string> };

/** The 1-based line of a place in a text. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
