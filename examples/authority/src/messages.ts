// What is asked and said, in both variants. Everything about a user has the user as its routing key.
import { command, event } from "evenkeel";
import { z } from "zod";
import { Permission, Role } from "./permissions.ts";

const byUser = (data: { readonly user: string }): string => data.user;
const user = z.string();

/** Grants a role, or puts another one in its place. */
export const AssignRole = command("assign-role", { key: byUser, data: z.object({ user, role: Role }) });
export const RevokeToken = command("revoke-token", { key: byUser, data: z.object({ user }) });
export const PlaceOrder = command("place-order", { key: byUser, data: z.object({ user }) });
export const ConfirmOrder = command("confirm-order", { key: byUser, data: z.object({ user }) });
export const CancelOrder = command("cancel-order", { key: byUser, data: z.object({ user }) });
/** Asks the gateway to let a user through. */
export const Authorize = command("authorize", { key: byUser, data: z.object({ user, permission: Permission }) });

/** Every copy of what the user may do is dropped, wherever it is. */
export const CopiesExpired = event("copies.expired", { key: byUser, data: z.object({ user }) });
/** Somebody needs a copy. */
export const CopyWanted = event("copy.wanted", { key: byUser, data: z.object({ user }) });

/** What a user may do, from now on or as it was asked. */
export const PermissionsTold = event("permissions.told", { key: byUser, data: z.object({ user, permissions: z.array(Permission) }) });
export const TokenRevoked = event("token.revoked", { key: byUser, data: z.object({ user }) });
export const OrderPlaced = event("order.placed", { key: byUser, data: z.object({ user }) });
export const OrderCancelled = event("order.cancelled", { key: byUser, data: z.object({ user }) });
