// The groups of the platform itself. Every store has them after `prepare` whatever the manifest says, keeps their leases like those of other
// groups, and leaves them out of what people ask for. Names of services cannot begin with "@", so they never meet.
export const TIMERS_GROUP = "@timers";
export const MAINTENANCE_GROUP = "@maintenance";
export const SYSTEM_GROUPS: readonly string[] = [TIMERS_GROUP, MAINTENANCE_GROUP];

export function isSystemGroup(name: string): boolean {
  return name.startsWith("@");
}
