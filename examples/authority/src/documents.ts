// What the documents of both variants hold.
import { z } from "zod";
import { Permission, Role } from "./permissions.ts";

export const Account = z.object({ role: Role, token: z.enum(["live", "revoked"]) });
/** A copy of what a user may do. */
export const Copy = z.object({ permissions: z.array(Permission) });
/** The one order of a user. */
export const Order = z.object({ status: z.enum(["pending", "confirmed", "cancelled", "refused"]) });
