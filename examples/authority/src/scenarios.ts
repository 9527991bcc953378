// What is checked, of both variants: three rules that every service keeps by itself, and that the whole keeps only in one of them.
// RPS (role-permission separation): every copy grants at most what the user's present role grants.
// TAR (transaction atomicity under revocation): no order is pending for a user whose token is revoked.
// APC (gateway policy consistency): what the gateway lets through is within what Identity would say now.
import { optional, scenario, type Scenario } from "@evenkeel/checker";
import * as mended from "./atomic.ts";
import * as obvious from "./choreographed.ts";
import { AssignRole, Authorize, CancelOrder, ConfirmOrder, CopiesExpired, CopyWanted, PlaceOrder, RevokeToken } from "./messages.ts";
import { isWithin, permissionsOf, type Permission, type Role } from "./permissions.ts";

type Rule = "RPS" | "TAR" | "APC";

interface AccountOf { readonly key: string; readonly role: Role; readonly token: "live" | "revoked" }
interface CopyOf { readonly key: string; readonly permissions: readonly Permission[] }
interface OrderOf { readonly key: string; readonly status: string }

/** Indexed by user: indexed by role it would hold whatever happened, since a role never changes what it grants. */
function copiesAreWithinRoles(accounts: readonly AccountOf[], copies: readonly CopyOf[], userOf: (copy: CopyOf) => string): boolean {
  return copies.every((copy) => isWithin(copy.permissions, roleOf(accounts, userOf(copy))));
}

function roleOf(accounts: readonly AccountOf[], user: string): readonly Permission[] {
  const account = accounts.find(({ key }) => key === user);
  return account === undefined ? [] : permissionsOf(account.role);
}

function noneIsPendingAfterRevocation(accounts: readonly AccountOf[], orders: readonly OrderOf[]): boolean {
  return accounts.every(({ key, token }) => token === "live" || orders.every((order) => order.key !== key || order.status !== "pending"));
}

function gatewayIsWithinTruth(accounts: readonly AccountOf[], copies: readonly CopyOf[], userOf: (copy: CopyOf) => string): boolean {
  return copies.every((copy) => {
    const account = accounts.find(({ key }) => key === userOf(copy));
    return isWithin(copy.permissions, account?.token === "live" ? permissionsOf(account.role) : []);
  });
}

/** An administrator, and a buyer where there are two. */
const FIRST_ROLES: readonly Role[] = ["ADMIN", "BUYER"];

const given = (users: readonly string[]) => users.flatMap((user, index) => [AssignRole({ user, role: FIRST_ROLES[index] ?? "BUYER" }), CopyWanted({ user })]);

/** What may happen to each user, in any order, or not: what the rules turn on, or everything. */
type Extent = "essentials" | "everything";

const when = (users: readonly string[], extent: Extent) => users.flatMap((user) => [
  optional(AssignRole({ user, role: "FARMER" })), optional(RevokeToken({ user })), optional(PlaceOrder({ user })),
  ...(extent === "essentials" ? [] : [
    optional(CopyWanted({ user })), optional(CopiesExpired({ user })), optional(ConfirmOrder({ user })), optional(CancelOrder({ user })),
    optional(Authorize({ user, permission: "buy" })),
  ]),
]);

/** The obvious design, asked about one rule, so that the shortest way to break it is found. */
export function choreographed(users: readonly string[], rule: Rule): Scenario {
  const { gateway, identity, inventory, notifications, orders } = obvious;
  const ownKey = ({ key }: CopyOf): string => key;
  return scenario({
    name: `each service keeps a copy: ${rule}`,
    system: [identity, orders, inventory, gateway, notifications],
    given: given(users),
    when: when(users, "everything"),
    invariants: {
      [rule]: (s) => {
        const accounts = s.identity.account;
        switch (rule) {
          case "RPS": return [s.orders.copy, s.inventory.copy, s.gateway.copy, s.notifications.copy].every((copies) => copiesAreWithinRoles(accounts, copies, ownKey));
          case "TAR": return noneIsPendingAfterRevocation(accounts, s.orders.order);
          case "APC": return gatewayIsWithinTruth(accounts, s.gateway.copy, ownKey);
        }
      },
    },
  });
}

/** The mended one, asked about all three. */
export function atomic(users: readonly string[], extent: Extent): Scenario {
  const { authority, inventory, notifications } = mended;
  const userOf = ({ key }: CopyOf): string => key.slice(key.indexOf("/") + 1);
  return scenario({
    name: `one service owns truth and copies: ${extent} of ${users.join(" and ")}`,
    system: [authority, inventory, notifications],
    given: given(users),
    when: when(users, extent),
    invariants: {
      RPS: (s) => copiesAreWithinRoles(s.authority.account, s.authority.copy, userOf),
      TAR: (s) => noneIsPendingAfterRevocation(s.authority.account, s.authority.order),
      APC: (s) => gatewayIsWithinTruth(s.authority.account, s.authority.copy.filter(({ key }) => key.startsWith("gateway/")), userOf),
    },
    sometimes: {
      "a revocation cancels a pending order": (s) => s.authority.account.some(({ token }) => token === "revoked") && s.authority.order.some(({ status }) => status === "cancelled"),
    },
  });
}
