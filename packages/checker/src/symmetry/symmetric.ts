// A subject with interchangeable strings: explores one state of each orbit. Refuses what symmetry would make unsound.
import { EvenkeelError } from "@evenkeel/core";
import type { Subject } from "../space.ts";
import { symmetryAudit } from "./audit.ts";
import { interchangeable } from "./interchangeable.ts";
import { orbitSpace } from "./orbit-space.ts";

/**
 * The same subject, its states counted once per orbit (Ip and Dill, "Better verification through symmetry", 1996). Verdicts of invariants,
 * steps, witnesses and deadlocks are those of the full search, provided that the subject treats the strings alike: a sample is looked at.
 *
 * @throws EvenkeelError `MODEL_INVALID` where a string is listed twice, and where there are temporal properties: a cycle of orbits may
 *   never close in the states themselves, and fairness towards each of the strings is lost when they are merged.
 */
export function symmetric<State>(subject: Subject<State>, sets: readonly (readonly string[])[]): Subject<State> {
  const names = interchangeable(subject.name, sets);
  if (subject.properties.temporal.length > 0) {
    const [{ name } = { name: "" }] = subject.properties.temporal;
    throw new EvenkeelError(
      "MODEL_INVALID",
      `The model "${subject.name}" has both symmetry and the temporal property "${name}": which of the strings a fair run treats fairly is lost when they are merged. Check it without symmetry, or in a model of its own.`,
      { details: { model: subject.name, property: name } },
    );
  }
  const space = orbitSpace(subject.space, names);
  return {
    ...subject,
    space,
    audit: symmetryAudit(space, subject.properties, names),
    assumptions: [...subject.assumptions, ...sets.map((set) => `${set.join(", ")} are interchangeable; states that are expanded twice are held against that`)],
  };
}
