// The same, mended: who may do what, every copy of it, and the orders that rest on it belong to one service. A revocation takes the truth,
// all copies and the pending order along in one handler run, and so in one commit: nobody can look in between.
import { entity, service, type EntityAccess } from "evenkeel";
import { z } from "zod";
import { Account, Copy, Order } from "./documents.ts";
import {
  AssignRole, Authorize, CancelOrder, ConfirmOrder, CopiesExpired, CopyWanted, OrderCancelled, OrderPlaced, PlaceOrder, RevokeToken,
} from "./messages.ts";
import { cancelPending, confirmPending } from "./pending-order.ts";
import { permissionsOf, type Permission } from "./permissions.ts";

/** Whose work rests on a copy. */
const HOLDERS = ["orders", "inventory", "gateway", "notifications"] as const;

/** The place of a holder's copy; a user's name holds no slash. */
const place = (holder: (typeof HOLDERS)[number], user: string): string => `${holder}/${user}`;

interface Owned {
  readonly copy: EntityAccess<{ permissions: Permission[] }>;
  readonly order: EntityAccess<z.infer<typeof Order>>;
}

function dropCopies({ copy }: Owned, user: string): void {
  for (const holder of HOLDERS) copy.delete(place(holder, user));
}

async function grants({ copy }: Owned, holder: (typeof HOLDERS)[number], user: string, permission: Permission): Promise<boolean> {
  return (await copy.get(place(holder, user)))?.permissions.includes(permission) === true;
}

export const authority = service("authority", {
  entities: {
    account: entity("account", { data: Account }), copy: entity("copy", { data: Copy }), order: entity("order", { data: Order }),
    passage: entity("passage", { data: z.object({ last: z.enum(["admitted", "refused"]) }) }),
  },
  emits: [OrderPlaced, OrderCancelled],
})
  .on(AssignRole, async ({ user, role }, context) => {
    const before = await context.account.get(user);
    if (before?.token === "revoked") return;
    context.account.put(user, { role, token: "live" });
    // What was granted by the role before is granted no more; a copy of the new role is made when it is wanted.
    dropCopies(context, user);
  })
  .on(RevokeToken, async ({ user }, context) => {
    const before = await context.account.get(user);
    if (before === undefined) return;
    context.account.put(user, { ...before, token: "revoked" });
    dropCopies(context, user);
    await cancelPending({ user }, context);
  })
  .on(CopyWanted, async ({ user }, { account, copy }) => {
    const known = await account.get(user);
    if (known?.token !== "live") return;
    for (const holder of HOLDERS) copy.put(place(holder, user), { permissions: permissionsOf(known.role) });
  })
  .on(CopiesExpired, ({ user }, context) => { dropCopies(context, user); })
  .on(PlaceOrder, async ({ user }, context) => {
    if ((await context.order.get(user)) !== undefined) return;
    const granted = await grants(context, "orders", user, "buy");
    context.order.put(user, { status: granted ? "pending" : "refused" });
    if (granted) context.emit(OrderPlaced({ user }));
  })
  .on(ConfirmOrder, confirmPending)
  .on(CancelOrder, cancelPending)
  .on(Authorize, async ({ user, permission }, context) => {
    context.passage.put(user, { last: (await grants(context, "gateway", user, permission)) ? "admitted" : "refused" });
  });

export const inventory = service("inventory", {
  entities: { hold: entity("hold", { data: z.object({ state: z.enum(["held", "released"]) }) }) },
})
  .on(OrderPlaced, ({ user }, { hold }) => { hold.put(user, { state: "held" }); })
  .on(OrderCancelled, ({ user }, { hold }) => { hold.put(user, { state: "released" }); });

export const notifications = service("notifications", {
  entities: { note: entity("note", { data: z.object({ about: z.enum(["placed", "cancelled"]) }) }) },
})
  .on(OrderPlaced, ({ user }, { note }) => { note.put(user, { about: "placed" }); })
  .on(OrderCancelled, ({ user }, { note }) => { note.put(user, { about: "cancelled" }); });
