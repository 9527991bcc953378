// The obvious design, and its mistake: Identity owns the truth and tells it by events, and each service keeps a copy of its own. Each one
// is right by itself. Together they are not: between a revocation and the last of its events, old copies still grant.
import { entity, service, type EntityAccess } from "evenkeel";
import { z } from "zod";
import { Account, Copy, Order } from "./documents.ts";
import {
  AssignRole, Authorize, CancelOrder, ConfirmOrder, CopiesExpired, CopyWanted, OrderCancelled, OrderPlaced, PermissionsTold, PlaceOrder,
  RevokeToken, TokenRevoked,
} from "./messages.ts";
import { cancelPending, confirmPending } from "./pending-order.ts";
import { permissionsOf, type Permission } from "./permissions.ts";

const Accounts = entity("account", { data: Account });

export const identity = service("identity", { entities: { account: Accounts }, emits: [PermissionsTold, TokenRevoked] })
  .on(AssignRole, async ({ user, role }, { account, emit }) => {
    const before = await account.get(user);
    if (before?.token === "revoked") return;
    account.put(user, { role, token: "live" });
    emit(PermissionsTold({ user, permissions: permissionsOf(role) }));
  })
  .on(RevokeToken, async ({ user }, { account, emit }) => {
    const before = await account.get(user);
    if (before === undefined || before.token === "revoked") return;
    account.put(user, { ...before, token: "revoked" });
    emit(TokenRevoked({ user }));
  })
  .on(CopyWanted, async ({ user }, { account, emit }) => {
    const known = await account.get(user);
    if (known?.token === "live") emit(PermissionsTold({ user, permissions: permissionsOf(known.role) }));
  });

interface Copies { readonly copy: EntityAccess<{ permissions: Permission[] }> }

/** Whether the service's copy grants it; without a copy nothing is granted. */
async function grants({ copy }: Copies, user: string, permission: Permission): Promise<boolean> {
  return (await copy.get(user))?.permissions.includes(permission) === true;
}

const keep = ({ user, permissions }: { readonly user: string; readonly permissions: Permission[] }, { copy }: Copies): void => {
  copy.put(user, { permissions });
};
const drop = ({ user }: { readonly user: string }, { copy }: Copies): void => { copy.delete(user); };

export const orders = service("orders", {
  entities: { order: entity("order", { data: Order }), copy: entity("order-copy", { data: Copy }) },
  emits: [OrderPlaced, OrderCancelled],
})
  .on(PlaceOrder, async ({ user }, context) => {
    if ((await context.order.get(user)) !== undefined) return;
    const granted = await grants(context, user, "buy");
    context.order.put(user, { status: granted ? "pending" : "refused" });
    if (granted) context.emit(OrderPlaced({ user }));
  })
  .on(ConfirmOrder, confirmPending)
  .on(CancelOrder, cancelPending)
  .on(TokenRevoked, async ({ user }, context) => {
    context.copy.delete(user);
    await cancelPending({ user }, context);
  })
  .on(PermissionsTold, keep)
  .on(CopiesExpired, drop);

export const inventory = service("inventory", {
  entities: { hold: entity("hold", { data: z.object({ state: z.enum(["held", "released"]) }) }), copy: entity("inventory-copy", { data: Copy }) },
})
  .on(OrderPlaced, ({ user }, { hold }) => { hold.put(user, { state: "held" }); })
  .on(OrderCancelled, ({ user }, { hold }) => { hold.put(user, { state: "released" }); })
  .on(PermissionsTold, keep)
  .on(TokenRevoked, drop)
  .on(CopiesExpired, drop);

export const gateway = service("gateway", {
  entities: { passage: entity("passage", { data: z.object({ last: z.enum(["admitted", "refused"]) }) }), copy: entity("gateway-copy", { data: Copy }) },
})
  .on(Authorize, async ({ user, permission }, context) => {
    context.passage.put(user, { last: (await grants(context, user, permission)) ? "admitted" : "refused" });
  })
  .on(PermissionsTold, keep)
  .on(TokenRevoked, drop)
  .on(CopiesExpired, drop);

export const notifications = service("notifications", {
  entities: { note: entity("note", { data: z.object({ about: z.enum(["placed", "cancelled"]) }) }), copy: entity("notification-copy", { data: Copy }) },
})
  .on(OrderPlaced, async ({ user }, context) => { if (await grants(context, user, "buy")) context.note.put(user, { about: "placed" }); })
  .on(OrderCancelled, ({ user }, { note }) => { note.put(user, { about: "cancelled" }); })
  .on(PermissionsTold, keep)
  .on(TokenRevoked, drop)
  .on(CopiesExpired, drop);
