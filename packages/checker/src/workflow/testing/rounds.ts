// A workflow that goes on as new with each round, and one that is worth restarting: what tests of generations check and break.
import { event, port, workflow } from "@evenkeel/core";
import { z } from "zod";
import { answers } from "../../index.ts";

const Round = z.object({ id: z.string(), round: z.number() });

const depot = port("depot", {
  look: { input: Round, ok: Round, reconcile: "repeat" },
  hold: { input: Round, ok: Round, reconcile: "repeat" },
  release: { input: Round, ok: Round, reconcile: "repeat" },
  pay: { input: Round, ok: Round, failures: { refused: z.object({}) }, reconcile: "repeat" },
  ship: { input: Round, ok: Round, reconcile: "repeat" },
});

export const depots = answers(depot, {
  look: { ok: ({ input }) => input }, hold: { ok: ({ input }) => input }, release: { ok: ({ input }) => input }, pay: { ok: ({ input }) => input, refused: {} },
  ship: { ok: ({ input }) => input },
});

export const Ordered = event("ordered", { key: (one) => one.id, data: z.object({ id: z.string(), what: z.string() }) });

/** Ships whatever is ordered, one after the other; each round is a generation, and the second one is the last. */
export const rounds = workflow("rounds", { input: Round, ports: { depot }, waitsFor: [Ordered] }, async (input, w) => {
  const ordered = await w.waitFor(Ordered, { within: { days: 1 } });
  if (ordered === undefined) return { late: input.round };
  await w.retriable("ship", depot.ship, input);
  if (input.round === 1) return { late: null };
  return w.continueAsNew({ ...input, round: input.round + 1 });
});

/** Looks, holds, waits, pays, ships. */
export const sale = workflow("sale", { input: Round, ports: { depot }, waitsFor: [Ordered] }, async (input, w) => {
  await w.readonly("look", depot.look, input);
  await w.step("hold", depot.hold, input, { undo: depot.release });
  await w.waitFor(Ordered);
  await w.pivot("pay", depot.pay, input);
  await w.retriable("ship", depot.ship, input);
});
