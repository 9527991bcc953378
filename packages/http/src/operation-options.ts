// What an operation over HTTP refuses when it is declared, for those whom no compiler tells: a status under a wrong name would make every such
// answer an unknown outcome, found out at the first of them. It performs nothing.
import { checkOptionNames, EvenkeelError, type Operation, type OptionNames } from "@evenkeel/core";
import type { ErasedOperation, HttpAsk } from "./operation.ts";

const ASK_NAMES: OptionNames<HttpAsk<Operation>> = { request: true, statuses: true, read: true };
const NAMES: OptionNames<ErasedOperation> = { ...ASK_NAMES, ask: true };

/** @throws EvenkeelError `CONFIG_INVALID` */
export function checkOperation({ name, spec: { failures = {}, reconcile } }: Operation, given: ErasedOperation): void {
  const what = `The operation '${name}' over HTTP`;
  const kinds = ["ok", "unknown", ...Object.keys(failures)];
  checkOptionNames(what, given, NAMES);
  checkPart(what, "", given, [...kinds, "notPerformed"]);
  const { ask } = given;
  if (ask === undefined) {
    if (reconcile !== "repeat") refuse(what, "no ask: say how it is asked for by its key, or declare it with `reconcile: \"repeat\"`", "ask");
    return;
  }
  checkOptionNames(what, ask, ASK_NAMES, "ask.");
  checkPart(what, "ask.", ask, [...kinds, "absent"]);
}

function checkPart(what: string, within: string, { request, statuses = {}, read }: ErasedOperation, kinds: readonly string[]): void {
  if (typeof request !== "function") refuse(what, `no ${within}request: give a function that makes one`, `${within}request`);
  if (read !== undefined && typeof read !== "function") refuse(what, `a ${within}read that is no function`, `${within}read`);
  for (const [status, kind] of Object.entries(statuses)) {
    const place = `${within}statuses`;
    if (!/^[2-5]\d\d$/.test(status)) refuse(what, `${place} for ${status}, which is no status of an answer`, place);
    if (!kinds.includes(kind)) refuse(what, `'${kind}' for ${status} in ${place}: give one of ${kinds.join(", ")}`, place);
  }
}

function refuse(what: string, why: string, option: string): never {
  throw new EvenkeelError("CONFIG_INVALID", `${what} has ${why}.`, { details: { option } });
}
