// The deeper scopes of protocol.check.ts: those that are seen whole within a minute are pinned. What is whole within some seconds is seen in every run of
// the tests, the rest where EVENKEEL_SCOPES is `all`; and what no minute is enough for is then seen as far as one goes, and says how far that was: one
// that is seen whole after all is to be pinned.
import assert from "node:assert/strict";
import { test } from "node:test";
import { explore } from "../explore/explore.ts";
import type { Subject } from "../space.ts";
import { calls } from "./calls/calls.ts";
import { DEEP_CALL_SCOPES } from "./calls/scopes.ts";
import { join } from "./join/join.ts";
import { DEEP_JOIN_SCOPES } from "./join/scopes.ts";
import { passes, type Seen } from "./testing/pinned.ts";
import { DEEP_UNRECORDED_SCOPES } from "./unrecorded/scopes.ts";
import { unrecorded } from "./unrecorded/unrecorded.ts";

const isDeep = process.env["EVENKEEL_SCOPES"] === "all";
const MINUTE_SECONDS = 60;
/** Pins of no scope, of every protocol, and scopes that only EVENKEEL_SCOPES=all sees. */
const idle: string[] = [];
const left: string[] = [];
let pins = 0;

interface Pinned extends Seen {
  /** It takes more than some seconds. */
  readonly slow?: true;
}

function pin<Scope, World>(
  protocol: string, scopes: Readonly<Record<string, Scope>>, subjectOf: (name: string, scope: Scope) => Subject<World>,
  pinned: Readonly<Record<string, Pinned>>,
): void {
  pins += Object.keys(pinned).length;
  idle.push(...Object.keys(pinned).filter((name) => !(name in scopes)).map((name) => `${name} of ${protocol}`));
  left.push(...Object.keys(scopes).filter((name) => !(name in pinned) || pinned[name]?.slow === true).map((name) => `${name} of ${protocol}`));
  for (const [name, scope] of Object.entries(scopes)) {
    const { slow = false, ...seen } = pinned[name] ?? { slow: true, distinct: 0, depth: 0 };
    if (slow && !isDeep) continue;
    const title = `The deeper scope '${name}' of ${protocol}`;
    if (name in pinned) test(`${title} holds in every world`, async (t) => { await passes(t, subjectOf(name, scope), seen); });
    else {
      test(`${title} holds as far as a minute goes`, async (t) => {
        const report = await explore(subjectOf(name, scope), { maxSeconds: MINUTE_SECONDS });
        t.diagnostic(`figures: ${String(report.distinct)} states, ${String(report.unexpanded)} not expanded, whole to level ${String(report.wholeLevels)}`);
        const seen = `{ distinct: ${String(report.distinct)}, depth: ${String(report.depth)}, slow: true }`;
        assert.equal(report.verdict, "bounded", report.verdict === "pass" ? `it was seen whole: pin it, ${name}: ${seen}` : report.reason);
        assert.ok(report.wholeLevels > 1, "nothing was seen");
      });
    }
  }
}

pin("calls", DEEP_CALL_SCOPES, (name, scope) => calls(name, scope), {
  crash: { distinct: 17001, depth: 37 },
  requesting: { distinct: 6636, depth: 34 },
  troubles: { distinct: 8789, depth: 39 },
  deadlines: { distinct: 10345, depth: 33 },
  takeover: { distinct: 7110, depth: 27 },
  zombieReads: { distinct: 14278, depth: 31 },
  lateZombie: { distinct: 24580, depth: 35 },
  lateBeats: { distinct: 20386, depth: 29 },
  handover: { distinct: 4755, depth: 27 },
  atOnceCrash: { distinct: 8498, depth: 32 },
});

pin("calls without a row", DEEP_UNRECORDED_SCOPES, (name, scope) => unrecorded(name, scope), {
  troublesCrash: { distinct: 19166, depth: 36, slow: true },
});

pin("outcomes that are decided with their calls", DEEP_JOIN_SCOPES, (name, scope) => join(name, scope), {});

test("Every pin is of a scope that there is", (t) => {
  assert.ok(pins > 0);
  assert.deepEqual(idle, []);
  if (!isDeep) t.diagnostic(`figures: left to EVENKEEL_SCOPES=all: ${left.join(", ")}`);
});
