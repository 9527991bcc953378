// 8. Keys were not scoped by tenant. Documents, calls and the keys of the door have their tenant by themselves, and a handler cannot name another's.
// What can still be written is a table of one's own that forgets it: here notifications keeps whom it told under the order alone, and the second
// tenant's order of the same name is taken for told.
import { service, statement } from "evenkeel";
import { z } from "zod";
import { marketplaceScenario, shippingServices, type Scope } from "../testing/marketplaceScenario.ts";
import { emits, entities, notifications, notify } from "../notifications/notifications.ts";
import { OrderRejected } from "../orders/messages.ts";
import type { Defect } from "./defect.ts";
import { planted } from "./planted.ts";

const addTold = statement("told.add", {
  parameters: z.object({ orderId: z.string() }), text: "insert into told values ($1)", values: ({ orderId }) => [orderId], rows: 1,
});

const changed = service("notifications", { entities, emits, statements: [addTold] })
  .on(OrderRejected, ({ orderId }, context) => {
    context.run(addTold, { orderId });
    return notify(orderId, "rejected", context);
  });

/** What the database makes of the statement: the key of the table is the order. */
const statements = {
  tables: [],
  twins: {
    "told.add": (told: readonly string[], [orderId]: readonly (string | null)[]) => {
      if (orderId == null || told.includes(orderId)) throw new Error("duplicate key value violates unique constraint");
      return { tables: [...told, orderId], rows: 1 };
    },
  },
};

/** Both tenants have an order of the same name, and no lamps. */
const scope: Scope = { tenants: ["north", "south"], orders: ["a"], shelves: { LAMP: 0 } };

export const keyWithoutTenant: Defect = {
  kind: "8, tenants",
  failure: "Keys were not scoped by tenant",
  planted: "notifications keeps whom it told in a table of its own, whose key has no tenant",
  broken: marketplaceScenario(scope, { ...shippingServices, notifications: planted(notifications, changed) }, statements),
  sound: marketplaceScenario(scope),
  property: "INV-5 every order reaches its end, and nothing is left behind",
  steps: 12,
};
