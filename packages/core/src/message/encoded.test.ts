// Messages that never left this process: validated once, where they are encoded; everything else is validated where it is handled.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvenkeelError } from "../errors.ts";
import { handoversOf } from "../spi/handover.ts";
import { decode, encode } from "./codec.ts";
import { event } from "./definition.ts";
import type { Schema } from "./schema.ts";

/** A schema that counts what it is asked, and refuses what is below zero. */
function counted() {
  const asked = { times: 0 };
  const schema: Schema<{ units: number }> = {
    "~standard": {
      version: 1, vendor: "test",
      validate: (value) => {
        asked.times++;
        const isUnits = typeof value === "object" && value !== null && "units" in value && typeof value.units === "number" && value.units >= 0;
        return isUnits ? { value: { units: Number(value.units) } } : { issues: [{ message: "no units" }] };
      },
    },
  };
  return { asked, schema };
}

const ORIGIN = { id: "m", tenant: "default", causationId: null, correlationId: "c", trace: null, occurredAt: 0 };
const LIMITS = { maxBodyLength: 1_000, onLargeBody: () => undefined };

test("what this process has encoded is not validated again on its way through memory, and every handler is given its own", () => {
  const { asked, schema } = counted();
  const Moved = event("moved", { key: () => "k", data: schema });
  const envelope = encode(Moved, { units: 3 }, ORIGIN, 1, LIMITS);
  const message = handoversOf([envelope], [7], new Map([[0, 6]]))[0]?.messages[0];
  assert.ok(message !== undefined);
  const before = asked.times;
  const [one, other] = [decode(Moved, message), decode(Moved, message)];
  assert.deepEqual([one, other], [{ units: 3 }, { units: 3 }]);
  assert.notEqual(one, other);
  assert.equal(asked.times, before);
});

test("a copy, an edited message and another definition of the same name are validated", () => {
  const { asked, schema } = counted();
  const Moved = event("moved", { key: () => "k", data: schema });
  const Other = event("moved", { key: () => "k", data: schema });
  const envelope = encode(Moved, { units: 3 }, ORIGIN, 1, LIMITS);
  const before = asked.times;
  decode(Moved, { ...envelope });
  decode(Other, envelope);
  assert.equal(asked.times, before + 2);
  assert.throws(() => decode(Moved, { ...envelope, body: '{"units":-1}' }), (error) => isEvenkeelError(error) && error.code === "DATA_INVALID");
});
