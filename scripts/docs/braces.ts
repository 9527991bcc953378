// Reads what a page lists in braces, as in `{ file, eachSeconds: 60 }`: the names, what each is said to be, and what stands within it.

export interface Listed {
  readonly name: string;
  /** As it stands there; "" where nothing does. */
  readonly value: string;
  /** null: it is listed without what it has. */
  readonly inner: readonly Listed[] | null;
}

/** The names of all braces of a cell together, a later one's added to the first one's; null: it has none. */
export function bracesIn(codes: readonly string[]): readonly Listed[] | null {
  const braces = codes.filter((code) => code.startsWith("{") && code !== "{}");
  if (braces.length === 0) return null;
  const found = new Map<string, Listed>();
  for (const one of braces.flatMap((code) => read(tokensOf(code)))) {
    const known = found.get(one.name);
    found.set(one.name, known === undefined ? one : { ...known, value: known.value || one.value });
  }
  return [...found.values()];
}

function tokensOf(code: string): string[] {
  return code.match(/"[^"]*"|[{},:]|[^\s{},:]+/g) ?? [];
}

/** Takes what it has read off the front. */
function read(tokens: string[]): Listed[] {
  const found: Listed[] = [];
  if (tokens.shift() !== "{") throw new Error("A list of names begins with a brace.");
  for (let token = tokens.shift(); token !== undefined && token !== "}"; token = tokens.shift()) {
    if (token === ",") continue;
    const hasValue = tokens[0] === ":";
    if (hasValue) tokens.shift();
    const inner = hasValue && tokens[0] === "{" ? read(tokens) : null;
    found.push({ name: token.replace(/\?$/, ""), value: hasValue && inner === null ? tokens.shift() ?? "" : "", inner });
  }
  return found;
}
