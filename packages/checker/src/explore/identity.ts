// Which search a checkpoint is of, and whether two threads explore the same: digests of what a subject says (names, the text of its code and
// conditions) and of what its first states lead to, each under the name of the part. Constants that code closes over show only in the latter.
import { createHash } from "node:crypto";
import type { Subject, Words } from "../space.ts";
import type { Settings } from "./options.ts";

/** Digests by the name of the part, for people. */
export type Identity = Readonly<Record<string, string>>;

const FIRST_STATES = 200;

export async function identityOf<State>(subject: Subject<State>, { seed, fingerprintBits }: Settings): Promise<Identity> {
  const { space, properties, parts = {} } = subject;
  const texts: Record<string, string> = {
    "the name": subject.name,
    "the seed": String(seed),
    "the size of fingerprints": String(fingerprintBits),
    "the actions": JSON.stringify(space.actions),
    "what is assumed": JSON.stringify(subject.assumptions),
    "where it may end": properties.deadlock === "allowed" ? "allowed" : properties.deadlock.done.toString(),
    "the constraints": `${String(properties.constraint)} ${String(properties.stepConstraint)}`,
  };
  for (const { name, holds, when } of properties.invariants) texts[`the invariant "${name}"`] = `${when?.toString() ?? ""} ${holds.toString()}`;
  for (const { name, holds } of properties.steps) texts[`the step property "${name}"`] = holds.toString();
  for (const { name, holds } of properties.witnesses) texts[`the witness "${name}"`] = holds.toString();
  for (const one of properties.temporal) texts[`the property "${one.name}"`] = `${one.kind} ${one.goal.toString()} ${one.kind === "leadsTo" ? one.from.toString() : ""}`;
  // A subject's own word for a part comes before what the explorer sees of it, which may be wrapped.
  const identity = Object.fromEntries(Object.entries({ ...texts, ...parts }).map(([name, text]) => [name, digestOf(text)]));
  return { ...identity, "what its first states lead to": await firstSteps(subject, seed, new Uint32Array(fingerprintBits / 32)) };
}

/** The names of the parts that are not the same in both. What first states lead to is named only where nothing else explains it. */
export function differences(one: Identity, other: Identity): readonly string[] {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => one[name] !== other[name]);
  const explained = names.filter((name) => name !== "what its first states lead to");
  return explained.length > 0 ? explained : names;
}

async function firstSteps<State>({ space }: Subject<State>, seed: number, words: Words): Promise<string> {
  const digest = createHash("sha256");
  const add = (action: number, state: State): void => {
    space.fingerprint(state, words, seed);
    digest.update(`${action}:${words.join()};`);
  };
  const states: State[] = [];
  for (const state of space.initials()) {
    if (states.push(state) > FIRST_STATES) break;
    add(-1, state);
  }
  for (let index = 0; index < Math.min(states.length, FIRST_STATES); index += 1) {
    const state = states[index];
    if (state === undefined) break;
    await space.expand(state, (action, next) => {
      add(action, next);
      if (states.length < FIRST_STATES) states.push(next);
    });
  }
  return digest.digest("hex");
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
