// `evenkeel calls audit`: who asked for what about calls, and what became of it.
import { show, type Command } from "../command.ts";
import { callControlShape } from "../call-shape.ts";
import { CALL_OPTIONS, callChoiceOf } from "../call-choice.ts";
import { iso } from "../dead-letter-shape.ts";
import { withOperator } from "../open-database.ts";
import { shorten, table } from "../table.ts";

const LIMIT = 100;
const SEARCHED = 10_000;

export const callsAudit: Command = {
  name: "calls audit",
  summary: "shows what operators asked for about calls, newest first",
  positional: "",
  options: { ...CALL_OPTIONS, limit: { value: "N", help: `how many at most; default ${String(LIMIT)}` } },
  details: [`With a filter other than --id, the newest ${String(SEARCHED)} requests are searched. Requests stay recorded when their calls have ended.`],
  examples: ["evenkeel calls audit --operation card.charge --key o-17/charge"],
  run: (invocation) => withOperator(invocation, async (operator) => {
    const { id, port, ...wanted } = callChoiceOf(invocation.given, operator.groups);
    const limit = invocation.given.whole("limit", 1, SEARCHED) ?? LIMIT;
    const filtered = port !== undefined || Object.keys(wanted).length > 0;
    const all = await operator.callControls({ limit: filtered ? SEARCHED : limit, ...(id === undefined ? {} : { callId: id }) });
    const found = all.filter(({ group, tenant, operation, key }) => {
      const facts = new Map<string, unknown>(Object.entries({ group, tenant, operation, key }));
      return (port === undefined || operation.startsWith(`${port}.`)) && Object.entries(wanted).every(([name, value]) => facts.get(name) === value);
    }).slice(0, limit);
    const text = table(found, [
      { title: "REQUEST", value: (one) => one.id },
      { title: "WHEN", value: (one) => iso(one.requestedAt) },
      { title: "WHO", value: (one) => one.actor },
      { title: "ACTION", value: (one) => one.outcome === null ? one.action : `${one.action} ${one.outcome.name}` },
      { title: "CALL", value: (one) => one.callId },
      { title: "OPERATION", value: (one) => one.operation },
      { title: "CALL KEY", value: (one) => one.key },
      { title: "RESULT", value: (one) => shorten(one.result ?? "waits for a worker", 80) },
      { title: "NOTE", value: (one) => shorten(one.note, 60) },
    ]);
    show(invocation, found.map(callControlShape), found.length === 0 ? "Nobody asked for anything here.\n" : text);
    return 0;
  }),
};
