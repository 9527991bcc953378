// Roles, and what each of them may do: the one truth that everything else holds copies of.
import { z } from "zod";

export const Role = z.enum(["ADMIN", "BUYER", "FARMER"]);
export type Role = z.infer<typeof Role>;
export const Permission = z.enum(["buy", "sell", "administer"]);
export type Permission = z.infer<typeof Permission>;

export function permissionsOf(role: Role): Permission[] {
  switch (role) {
    case "ADMIN": return ["administer", "buy", "sell"];
    case "BUYER": return ["buy"];
    case "FARMER": return ["sell"];
  }
}

/** Whether a copy grants nothing that the truth does not. */
export function isWithin(copy: readonly Permission[], truth: readonly Permission[]): boolean {
  return copy.every((one) => truth.includes(one));
}
