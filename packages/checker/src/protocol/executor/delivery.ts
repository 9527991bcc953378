// The protocol of delivery as a subject: append, read, decide, commit, takeover, parking, redriving, handing over.
import type { Subject } from "../../space.ts";
import { subjectOf } from "../protocol.ts";
import { leasesOf } from "../rules.ts";
import { deliveryForm } from "./form.ts";
import { expandDelivery, MOVES } from "./moves.ts";
import { ENGINE, type Engine } from "./process.ts";
import { DELIVERY_INVARIANTS, DELIVERY_STEPS, isDelivered } from "./properties.ts";
import { envelopeOf, newDeliveryWorld, type DeliveryScope, type DeliveryWorld } from "./world.ts";
import { append } from "@evenkeel/core/engine";
import { onFork } from "../rules.ts";

export function delivery(name: string, scope: DeliveryScope, engine: Engine = ENGINE): Subject<DeliveryWorld> {
  const { messages, published } = scope;
  const empty = newDeliveryWorld(scope);
  const { store } = onFork(empty.store, 0, "append", ({ state }) => { for (const message of messages.slice(0, published)) append(state, envelopeOf(message)); });
  return subjectOf({
    name,
    initial: { ...empty, store, published },
    moves: MOVES,
    expand: (world, next) => { expandDelivery(engine, scope, world, next); },
    form: deliveryForm,
    invariants: DELIVERY_INVARIANTS,
    steps: DELIVERY_STEPS,
    witnesses: [{ name: "everything took effect", holds: ({ store: { log } }) => log.at(-1)?.length === messages.filter(({ handled = true }) => handled).length }],
    done: isDelivered(messages.length),
    assumptions: [
      "the store's operations are atomic, each a step of the in-memory reference form",
      "clocks move together, by the longest delay at once",
      "what a machine has given up listening to is not answered",
    ],
    show,
  });
}

function show(world: DeliveryWorld): unknown {
  const { store, owners, strays } = world;
  return {
    leases: leasesOf(store).slice(0, -1).map(({ worker, epoch, position }) => `${worker ?? "nobody"} in epoch ${String(epoch)}, progress ${String(position)}`),
    log: store.log.slice(0, -1).map((one) => one.map(({ id, position }) => `${id}@${String(position)}`).join(" ")),
    effects: (store.log.at(-1) ?? []).map(({ causationId }) => causationId).join(" "),
    parked: [...store.parked.values()].map((rows) => rows.map(({ message }) => message.id).join(" < ")),
    owners: owners.map(({ id, machine, flights }) => machine === null ? `${id} is gone` : `${id}: ${flights.map((one) => one.kind).join(", ")}`),
    strays: strays.length,
  };
}
