// The names that the platform keeps for itself. Every store has the groups of `SYSTEM_GROUPS` after `prepare` whatever the manifest says,
// keeps their leases like those of other groups, and leaves them out of what people ask for. Names of services cannot begin with "@", so
// they never meet.
export const TIMERS_GROUP = "@timers";
export const MAINTENANCE_GROUP = "@maintenance";
/** Names who set a timer by publishing later; it has no progress and no lease, so no store prepares it. */
export const DOOR_GROUP = "@door";
export const SYSTEM_GROUPS: readonly string[] = [TIMERS_GROUP, MAINTENANCE_GROUP];

export function isSystemGroup(name: string): boolean {
  return name.startsWith("@");
}
