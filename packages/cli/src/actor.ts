// Who types, for the audit trail: the user of the machine, where the system knows one.
import { hostname, userInfo } from "node:os";

export function actor(env: Readonly<Record<string, string | undefined>>): string {
  return `${env["SUDO_USER"] ?? nameOf(env)}@${hostname()}`;
}

/** A container may run under a number that has no name. */
function nameOf(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username;
  } catch {
    return env["USER"] ?? `uid-${String(process.getuid?.() ?? "unknown")}`;
  }
}
