// The tenant: the scope that every envelope, key and row carries from the first day. It decides nothing about who may act for
// a tenant; that is identity's business.
import { EvenkeelError } from "./errors.ts";

/** The tenant of an application that has only one. */
export const DEFAULT_TENANT = "default";

const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Returns the tenant, or throws `TENANT_INVALID`: 1 to 63 letters, digits, dots, dashes and underscores. */
export function parseTenant(value: unknown): string {
  if (typeof value === "string" && TENANT.test(value)) return value;
  throw new EvenkeelError(
    "TENANT_INVALID",
    `${JSON.stringify(value)} is not a tenant name: use 1 to 63 letters, digits, '.', '_' or '-', beginning with a letter or digit.`,
    { details: { tenant: value } },
  );
}
