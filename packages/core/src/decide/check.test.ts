// What an application's ports are refused for at start, for those whom no compiler tells.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { isEvenkeelError } from "../errors.ts";
import { checkDefinitions } from "./check.ts";
import { port, provide, type ProvidedPort } from "./port.ts";

const bank = port("bank", {
  pay: { input: z.object({}), ok: z.object({}) },
  ping: { input: z.object({}), ok: z.object({}), reconcile: "repeat" },
});
const done = (): Promise<never> => Promise.reject(new Error("not called"));

/** What it is refused for, or null. */
function refusalOf(ports: readonly ProvidedPort[]): readonly unknown[] | null {
  try {
    checkDefinitions({ services: [], accepts: [], ports });
    return null;
  } catch (error) {
    assert.ok(isEvenkeelError(error), String(error));
    return [error.code, error.details["operation"], error.details["lacks"]];
  }
}

/** As JavaScript may write it. */
const provided = (implementation: object): readonly ProvidedPort[] => [{ port: bank, implementation: implementation as ProvidedPort["implementation"] }];

test("a port whose code lacks an operation, or the question about one, is refused by its name", () => {
  assert.deepEqual(refusalOf(provided({ pay: { perform: done, ask: done } })), ["PORT_MISSING", "bank.ping", "perform"]);
  assert.deepEqual(refusalOf(provided({ pay: done, ping: { perform: done } })), ["PORT_MISSING", "bank.pay", "perform"]);
  assert.deepEqual(refusalOf(provided({ pay: { perform: done }, ping: { perform: done } })), ["PORT_MISSING", "bank.pay", "ask"]);
});

test("a port with all its code is taken, and no port is provided twice", () => {
  const whole = provide(bank, { pay: { perform: done, ask: done }, ping: { perform: done } });
  assert.equal(refusalOf([whole]), null);
  assert.equal(refusalOf([whole, whole])?.[0], "NAME_DUPLICATE");
});
