// What createApp refuses before it touches a database, for those whom no compiler tells.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError, service } from "@evenkeel/core";
import { createApp } from "./create-app.ts";

const nowhere = { database: "postgresql://nobody@127.0.0.1:1/nothing", log: () => undefined, services: [service("idle")] };

/** As JavaScript may call it. */
async function refusedOption(options: object): Promise<unknown> {
  const create: (options: never) => Promise<unknown> = createApp;
  try {
    await create({ ...nowhere, ...options } as never);
    return "taken";
  } catch (error) {
    assert.ok(isEvenkeelError(error) && error.code === "CONFIG_INVALID", String(error));
    return error.details["option"] ?? error.details["setting"];
  }
}

test("an option that there is not, or that is of another type, is refused by its name before anything is opened", async () => {
  const wrong: readonly (readonly [string, object])[] = [
    ["accept", { accept: [] }], ["services", { services: service("idle") }], ["services", { services: [undefined] }], ["ports", { ports: {} }],
    ["log", { log: "loud" }], ["database", { database: 5432 }], ["folder", { folder: 3 }], ["leaseSeconds", { settings: { leaseSeconds: 2 } }],
    ["poolSize", { poolSize: 0 }], ["poolSize", { poolSize: NaN }],
  ];
  for (const [option, options] of wrong) assert.equal(await refusedOption(options), option, JSON.stringify(options));
});
