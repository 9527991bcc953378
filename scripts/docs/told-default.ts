// What a table or a comment says that an option is when nobody gives it, as JSON: a number, a text in backticks or quotes, a length of time in words.
// It reads the beginning and leaves explanations alone; what it cannot read is null, and the caller says what that means.

const UNITS: Readonly<Record<string, number>> = {
  ms: 1, s: 1_000, seconds: 1_000, minutes: 60_000, h: 3_600_000, hours: 3_600_000, day: 86_400_000, days: 86_400_000,
};
const WORDS: Readonly<Record<string, string>> = { none: "null", off: "false", one: "1", "a day": "86400000", "an hour": "3600000" };

/** "604800000 (7 days)" → "604800000"; "7 days" → "604800000"; "`ask`" → "\"ask\""; "none" → "null"; "see below" → null. */
export function toldDefault(said: string): string | null {
  const code = /^`([^`]+)`/.exec(said)?.[1];
  if (code !== undefined) return asJson(code) ?? JSON.stringify(code);
  const quoted = /^"[^"]*"/.exec(said)?.[0];
  if (quoted !== undefined) return quoted;
  const date = /^\d{4}-\d\d-\d\d/.exec(said)?.[0];
  if (date !== undefined) return String(Date.parse(date));
  const [, digits, unit = ""] = /^(\d[\d,]*(?:\.\d+)?)(?: ([a-z]+))?/.exec(said) ?? [];
  if (digits !== undefined) return String(Number(digits.replaceAll(",", "")) * (UNITS[unit] ?? 1));
  return Object.entries(WORDS).find(([word]) => new RegExp(`^${word}\\b`).test(said))?.[1] ?? null;
}

/** What a comment says after "default". */
export function commentDefault(comment: string): string | null {
  const said = /\bdefault:? (?:is )?(?!in\b)(.*)/i.exec(comment.replaceAll(/\s+/g, " "))?.[1];
  return said === undefined ? null : toldDefault(said);
}

/** Nothing, in whichever form. */
export function isEmpty(json: string): boolean {
  return ["null", "[]", "{}", "false", "\"\""].includes(json);
}

function asJson(code: string): string | null {
  try {
    return JSON.stringify(JSON.parse(code));
  } catch {
    return null;
  }
}
