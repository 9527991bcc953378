// Reads values that crossed a process border. Throws with the name of what is missing; guesses nothing.

export type Json = Readonly<Record<string, unknown>>;

export function parseObject(text: string): Json {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error(`expected a JSON object, got: ${text.slice(0, 200)}`);
  return value;
}

export const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

export function numberAt(from: Json, key: string): number {
  const value = from[key];
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new Error(`expected a number at "${key}", got ${JSON.stringify(value)}`);
  return value;
}

export function stringAt(from: Json, key: string): string {
  const value = from[key];
  if (typeof value !== "string") throw new Error(`expected a string at "${key}", got ${JSON.stringify(value)}`);
  return value;
}

export function numbersAt(from: Json, key: string): number[] {
  const value = from[key];
  if (!Array.isArray(value)) throw new Error(`expected numbers at "${key}"`);
  return value.map((v: unknown) => {
    if (typeof v !== "number") throw new Error(`expected numbers at "${key}"`);
    return v;
  });
}
