// The protocols in their deeper scopes, which take minutes: npm run check -- packages/checker/src/protocol/protocol.check.ts --seconds 0
import { calls as callsIn } from "./calls/calls.ts";
import { DEEP_CALL_SCOPES } from "./calls/scopes.ts";
import { delivery as deliveryIn } from "./executor/delivery.ts";
import { DEEP_DELIVERY_SCOPES } from "./executor/scopes.ts";
import { join as joinIn } from "./join/join.ts";
import { DEEP_JOIN_SCOPES } from "./join/scopes.ts";
import { DEEP_TIMER_SCOPES } from "./timers/scopes.ts";
import { DEEP_UNRECORDED_SCOPES } from "./unrecorded/scopes.ts";
import { unrecorded as unrecordedIn } from "./unrecorded/unrecorded.ts";
import { timers as timersIn } from "./timers/timers.ts";

export const delivery = Object.entries(DEEP_DELIVERY_SCOPES).map(([name, scope]) => ({ name, subject: deliveryIn(name, scope) }));
export const timers = Object.entries(DEEP_TIMER_SCOPES).map(([name, scope]) => ({ name, subject: timersIn(name, scope) }));
export const calls = Object.entries(DEEP_CALL_SCOPES).map(([name, scope]) => ({ name, subject: callsIn(name, scope) }));
export const join = Object.entries(DEEP_JOIN_SCOPES).map(([name, scope]) => ({ name, subject: joinIn(name, scope) }));
export const unrecorded = Object.entries(DEEP_UNRECORDED_SCOPES).map(([name, scope]) => ({ name, subject: unrecordedIn(name, scope) }));
