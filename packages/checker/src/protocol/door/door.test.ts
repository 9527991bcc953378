// The door, exhaustively within a scope; and broken on purpose, one rule at a time, each found by its shortest trace.
import { test } from "node:test";
import { isFound, passes, type Found } from "../testing/pinned.ts";
import { door, DOOR_MUTANTS, type DoorScope } from "./door.ts";

/** Two publishers repeat one publish under their caller's key, a third uses the key for something else, and three answers are lost. */
const SCOPE: DoorScope = { publishes: [{ doorKey: "k", body: "1" }, { doorKey: "k", body: "1" }, { doorKey: "k", body: "2" }], faults: 3 };

test("A publish that is repeated, by whomever and however late, happens once, and another body under its key is a conflict", async (t) => {
  await passes(t, door("the door", SCOPE), { distinct: 4676, depth: 13 });
});

const FOUND: Readonly<Record<keyof typeof DOOR_MUTANTS, Found>> = {
  "the door forgets": { property: "one publish of a key is appended", moves: 2 },
  "the door does not look at the body": { property: "whoever is told that it was published finds its own message in the log", moves: 3 },
  "the message is appended before the door is asked": { property: "one publish of a key is appended", moves: 2 },
};

for (const [name, rules] of Object.entries(DOOR_MUTANTS)) {
  test(`It is found when ${name}`, async (t) => {
    await isFound(t, door(name, SCOPE, rules), FOUND[name as keyof typeof FOUND]);
  });
}
