// `evenkeel dead-letters audit`: who asked for what, and what became of it.
import { show, type Command } from "../command.ts";
import { CHOICE_OPTIONS, choiceOf } from "../dead-letter-choice.ts";
import { controlShape, iso } from "../dead-letter-shape.ts";
import { withOperator } from "../open-database.ts";
import { shorten, table } from "../table.ts";

const LIMIT = 100;
const SEARCHED = 10_000;

export const deadLettersAudit: Command = {
  name: "dead-letters audit",
  summary: "shows what operators asked for, newest first",
  positional: "",
  options: { ...CHOICE_OPTIONS, limit: { value: "N", help: `how many at most; default ${String(LIMIT)}` } },
  details: [`With a filter, the newest ${String(SEARCHED)} requests are searched.`],
  examples: ["evenkeel dead-letters audit --group payments --key o-17"],
  run: (invocation) => withOperator(invocation, async (operator) => {
    const choice = choiceOf(invocation.given, operator.groups);
    const limit = invocation.given.whole("limit", 1, SEARCHED) ?? LIMIT;
    const wanted = Object.entries(choice);
    const all = await operator.controls({ limit: wanted.length === 0 ? limit : SEARCHED });
    const found = all.filter(({ group, tenant, key, position }) => {
      const facts = new Map<string, unknown>(Object.entries({ group, tenant, key, position }));
      return wanted.every(([name, value]) => facts.get(name) === value);
    }).slice(0, limit);
    const text = table(found, [
      { title: "REQUEST", value: (one) => one.id },
      { title: "WHEN", value: (one) => iso(one.requestedAt) },
      { title: "WHO", value: (one) => one.actor },
      { title: "ACTION", value: (one) => one.action },
      { title: "GROUP", value: (one) => one.group },
      { title: "TENANT", value: (one) => one.tenant },
      { title: "KEY", value: (one) => one.key },
      { title: "POSITION", value: (one) => one.position },
      { title: "RESULT", value: (one) => one.result ?? "waits for a worker" },
      { title: "NOTE", value: (one) => shorten(one.note, 60) },
    ]);
    show(invocation, found.map(controlShape), found.length === 0 ? "Nobody asked for anything here.\n" : text);
    return 0;
  }),
};
