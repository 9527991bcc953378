// Anomalies of calls that nobody answered (A13, A14, A15): taken for a failure, taken for a success, given up while still on their way.
// The same unknown, asked about, is none of these; and a check that does not notice a guess is told so by its mutants.
import test from "node:test";
import { command, entity, port, service } from "@evenkeel/core";
import { z } from "zod";
import { answers, checkMutants, scenario } from "../index.ts";
import { assertBroken, assertFixed, assertProtected } from "./pinned.ts";

const id = z.object({ id: z.string() });
const Order = command("order", { key: (one) => one.id, data: id });
const card = port("card", { charge: { input: id, ok: z.object({}), failures: { declined: z.object({}) } } });
const Seat = entity("seat", { data: z.object({ state: z.enum(["held", "sold", "free"]) }) });

/** A seat is held, paid for, and sold or freed. */
function theatre(unknown: "is a failure" | "is a success" | "is given up" | "is asked about") {
  return service("theatre", { entities: { seat: Seat }, ports: { card } })
    .on(Order, async ({ id: one }, { seat, call }) => {
      if ((await seat.get(one)) !== undefined) return;
      seat.put(one, { state: "held" });
      call(card.charge, { key: one, input: { id: one } });
    })
    .outcome(card.charge, {
      ok: ({ call }, { seat }) => { seat.put(call.key, { state: "sold" }); },
      declined: ({ call }, { seat }) => { seat.put(call.key, { state: "free" }); },
      notPerformed: ({ call }, { seat }) => { seat.put(call.key, { state: "free" }); },
      unknown: ({ call }, { seat, abandon, reconcile }) => {
        if (unknown === "is asked about") return reconcile();
        seat.put(call.key, { state: unknown === "is a success" ? "sold" : "free" });
        abandon();
      },
    });
}
type Unknown = Parameters<typeof theatre>[0];
type End = "ok" | "declined" | "notPerformed" | "unknown-applied" | "unknown-not-applied" | "late-applied";

const evening = (unknown: Unknown, ends: readonly End[]) => scenario({
  system: [theatre(unknown)], when: [Order({ id: "a" })], ports: [answers(card, { charge: { ok: {}, declined: {} } })], faults: { ports: { "card.charge": ends } },
  eventually: {
    "who paid has the seat": (s) => s.provider["card.charge"].every(({ applied }) => applied === 0) || s.theatre.seat.every(({ state }) => state === "sold"),
    "who has the seat paid": (s) => s.theatre.seat.every(({ state }) => state !== "sold") || s.provider["card.charge"].some(({ applied }) => applied === 1),
    "no seat is held for ever": (s) => s.theatre.seat.every(({ state }) => state !== "held"),
  },
  sometimes: { "a seat is sold": (s) => s.isQuiet && s.theatre.seat.some(({ state }) => state === "sold") },
});

test("A13: an unknown outcome taken for a failure keeps the money of somebody without a seat; asked about, it does not", async () => {
  assertBroken(await evening("is a failure", ["ok", "declined", "unknown-applied", "unknown-not-applied"]).explore(), "who paid has the seat", 4);
  assertFixed(await evening("is asked about", ["ok", "declined", "unknown-applied", "unknown-not-applied"]).explore(), 16);
});

test("A14: an unknown outcome taken for a success gives seats away; asked about, it does not", async () => {
  assertBroken(await evening("is a success", ["ok", "notPerformed", "unknown-applied", "unknown-not-applied"]).explore(), "who has the seat paid", 4);
  assertFixed(await evening("is asked about", ["ok", "notPerformed", "unknown-applied", "unknown-not-applied"]).explore(), 16);
});

test("A13 and A14 as mutants: an engine that guessed instead of saying that it does not know is found out both ways", async () => {
  const report = await checkMutants(evening("is asked about", ["ok", "declined", "unknown-applied", "unknown-not-applied"]));
  assertProtected(report, 16, "an unknown outcome of card.charge is taken for notPerformed", "who paid has the seat", 4);
  assertProtected(report, 16, "an unknown outcome of card.charge is taken for ok", "who has the seat paid", 4);
});

test("A15: a charge that was given up lands after the seat was freed; one that is asked about is waited for", async () => {
  assertBroken(await evening("is given up", ["ok", "late-applied"]).explore(), "who paid has the seat", 5);
  assertFixed(await evening("is asked about", ["ok", "late-applied"]).explore(), 9);
});
