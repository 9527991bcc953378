// Recognises an operating system error by its code, such as ENOENT. It says nothing about what to do then.

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}
