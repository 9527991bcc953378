// The assertions of the conformance suites: they compare plain data and throw with both sides, without a test library, so that a suite
// runs wherever a store does.

class ConformanceFailure extends Error {
  override readonly name = "ConformanceFailure";
}

/** Throws unless the condition holds; `seen` is shown. */
export function holds(condition: boolean, what: string, seen?: unknown): asserts condition {
  if (!condition) throw new ConformanceFailure(seen === undefined ? what : `${what}\n  seen: ${show(seen)}`);
}

/** Throws unless both are the same plain data; the order of an object's fields does not count. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [show(actual), show(expected)];
  if (left !== right) throw new ConformanceFailure(`${what}\n  expected: ${right}\n  actual:   ${left}`);
}

/** The only item of a list. */
export function only<T>(items: readonly T[], what: string): T {
  const [first, ...rest] = items;
  if (first === undefined || rest.length > 0) {
    throw new ConformanceFailure(`${what}: expected exactly one, there are ${String(items.length)}`);
  }
  return first;
}

/** The item at an index. */
export function at<T>(items: readonly T[], index: number, what = `item ${String(index)}`): T {
  const item = items[index];
  if (item === undefined) throw new ConformanceFailure(`${what} is missing: there are ${String(items.length)}`);
  return item;
}

/** Throws unless the promise rejects with an error of this code; returns the error's message. */
export async function rejectsWith(code: string, promise: Promise<unknown>, what: string): Promise<string> {
  const resolved = (value: unknown): ConformanceFailure => new ConformanceFailure(`${what}: it resolved to ${show(value)}`);
  const error = await promise.then(resolved, (reason: unknown) => reason);
  if (error instanceof ConformanceFailure) throw error;
  const seen = error instanceof Error && "code" in error ? error.code : undefined;
  if (seen !== code) throw new ConformanceFailure(`${what}: expected the code ${code}, it was ${String(error)}`);
  return error instanceof Error ? error.message : "";
}

function show(value: unknown): string {
  if (value === undefined) return "undefined";
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
