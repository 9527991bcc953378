// Creatures meet in pairs, change colour, and fade when there were meetings enough. After specifications/Chameneos/Chameneos.tla of
// tlaplus/Examples (MIT).
import { model } from "../../index.ts";
import { at, range, replaced, sequences } from "../persistent.ts";

const COLOURS = ["blue", "red", "yellow"] as const;
type Colour = (typeof COLOURS)[number];

interface Creature {
  readonly colour: Colour | "faded";
  readonly meetings: number;
}

interface State {
  readonly creatures: readonly Creature[];
  readonly waiting: number | null;
  readonly meetings: number;
}

export function chameneos({ creatures, maxMeetings }: { readonly creatures: number; readonly maxMeetings: number }) {
  return model({
    name: "chameneos",
    init: function* (): Iterable<State> {
      for (const colours of sequences(COLOURS, creatures)) {
        yield { creatures: colours.map((colour) => ({ colour, meetings: 0 })), waiting: null, meetings: 0 };
      }
    },
    actions: {
      visit: (s, next) => {
        for (const id of range(0, creatures - 1)) {
          const visitor = at(s.creatures, id);
          if (visitor.colour === "faded" || s.waiting === id) continue;
          if (s.waiting !== null) {
            const host = at(s.creatures, s.waiting);
            const colour = host.colour === visitor.colour ? host.colour : (COLOURS.find((one) => one !== host.colour && one !== visitor.colour) ?? "blue");
            const met = replaced(s.creatures, s.waiting, { colour, meetings: host.meetings + 1 });
            next({ creatures: replaced(met, id, { colour, meetings: visitor.meetings + 1 }), waiting: null, meetings: s.meetings + 1 }, id);
          } else if (s.meetings < maxMeetings) {
            next({ ...s, waiting: id }, id);
          } else {
            next({ ...s, creatures: replaced(s.creatures, id, { ...visitor, colour: "faded" }) }, id);
          }
        }
      },
    },
    invariants: { "each meeting counts for two": (s) => s.creatures.reduce((sum, { meetings }) => sum + meetings, 0) === 2 * s.meetings },
    deadlock: "allowed",
  });
}
