// The protocol of the door as a subject: publishers that repeat the same call until they are answered, as the shipping publisher does, beside one
// store that remembers keys. The publisher's loop is modelled, since it is no step machine; the door's rule is the reference form's.
import type { MemoryState } from "@evenkeel/core/engine";
import type { PublishCall, PublishResult } from "@evenkeel/core/spi";
import type { Subject } from "../../space.ts";
import { subjectOf, type Next } from "../protocol.ts";
import { newStore, onFork, SHIPPING, type Rules } from "../rules.ts";

interface ScriptedPublish { readonly doorKey: string; readonly body: string }

export interface DoorScope {
  /** Each of its own process, all at once. */
  readonly publishes: readonly ScriptedPublish[];
  /** Answers that are lost, and calls that come late or never. */
  readonly faults: number;
}

interface Publisher {
  readonly call: PublishCall;
  /** Its call is on its way, was answered by the store, or was answered to its caller. */
  readonly state: "sent" | PublishResult | "told" | "gone";
  readonly told: PublishResult["kind"] | null;
  readonly id: string | null;
}

interface DoorWorld {
  readonly store: MemoryState;
  readonly publishers: readonly Publisher[];
  /** Calls that nobody waits for any more, and that may reach the store yet: by publisher. */
  readonly late: readonly number[];
  readonly faults: number;
}

const MOVES = ["publish at the store", "told", "answer in doubt", "call in doubt", "late call at the store", "late call is lost", "crash"] as const;

function callOf({ doorKey, body }: ScriptedPublish): PublishCall {
  const message = {
    // Computed from the key, as the publisher does: a repeat has the same id.
    id: `message of ${doorKey}`, name: "toy", version: 1, tenant: "main", key: "a", partition: 0, body, causationId: null, correlationId: "c", trace: null,
    occurredAt: 0,
  };
  return { tenant: "main", doorKey, digest: body, messages: [message], timers: [] };
}

function expand(rules: Rules, world: DoorWorld, to: Next<DoorWorld>): void {
  for (const [index, one] of world.publishers.entries()) {
    const turned = (by: Partial<Publisher>, from = world): DoorWorld =>
      ({ ...from, publishers: from.publishers.map((other, at) => at === index ? { ...other, ...by } : other) });
    const words = `${one.call.doorKey}: ${one.call.digest}`;
    const doubted: DoorWorld = { ...world, faults: world.faults - 1 };
    if (one.state === "sent") {
      const { store, result } = onFork(world.store, 0, "publish", (memory) => rules.publish(memory, [one.call]));
      const [answer] = result;
      if (answer !== undefined) to("publish at the store", turned({ state: answer }, { ...world, store }), `${words} ${answer.kind}`);
      // It is repeated at once; the first call may still be on its way.
      if (world.faults > 0) to("call in doubt", { ...doubted, late: [...world.late, index] }, words);
      if (world.faults > 0) to("crash", turned({ state: "gone" }, { ...doubted, late: [...world.late, index] }), words);
    } else if (typeof one.state !== "string") {
      const { kind } = one.state;
      const id = "receipts" in one.state ? one.state.receipts[0]?.id ?? null : null;
      to("told", turned({ state: "told", told: kind, id }), `${words} ${kind}`);
      if (world.faults > 0) to("answer in doubt", turned({ state: "sent" }, doubted), words);
      if (world.faults > 0) to("crash", turned({ state: "gone" }, doubted), words);
    }
  }
  for (const [at, index] of world.late.entries()) {
    const call = world.publishers[index]?.call;
    if (call === undefined) continue;
    const rest: DoorWorld = { ...world, late: world.late.filter((_, other) => other !== at) };
    const { store } = onFork(world.store, 0, "publish", (memory) => rules.publish(memory, [call]));
    to("late call at the store", { ...rest, store }, call.doorKey);
    to("late call is lost", rest, call.doorKey);
  }
}

function appended({ store }: DoorWorld): { readonly id: string; readonly body: string }[] {
  return store.log.flat().map(({ id, body }) => ({ id, body }));
}

function form(world: DoorWorld): string {
  const publishers = world.publishers.map(({ state, told, id }) => `${typeof state === "string" ? state : state.kind}${told ?? ""}${id ?? ""}`);
  return [appended(world).map(({ id, body }) => `${id}=${body}`).join(), [...world.store.doors.keys()].join(), publishers.join(), [...world.late].sort().join(), String(world.faults)].join("|");
}

export function door(name: string, { publishes, faults }: DoorScope, rules: Rules = SHIPPING): Subject<DoorWorld> {
  return subjectOf<DoorWorld>({
    name,
    initial: { store: newStore(1), publishers: publishes.map((one) => ({ call: callOf(one), state: "sent", told: null, id: null })), late: [], faults },
    moves: MOVES,
    expand: (world, next) => { expand(rules, world, next); },
    form,
    invariants: [
      { name: "one publish of a key is appended", holds: (world) => new Set(appended(world).map(({ id }) => id)).size === appended(world).length },
      {
        name: "whoever is told that it was published finds its own message in the log",
        holds: (world) => world.publishers.every(({ call, told, id }) => told === null || told === "conflict" || told === "inDoubt" ||
          appended(world).some((one) => one.id === id && one.body === call.messages[0]?.body)),
      },
      {
        name: "a conflict is told where another body stands under the key",
        holds: (world) => world.publishers.every(({ call, told }) => told !== "conflict" ||
          appended(world).some((one) => one.id === call.messages[0]?.id && one.body !== call.messages[0].body)),
      },
    ],
    steps: [],
    witnesses: [
      { name: "a repeat is told so", holds: ({ publishers }) => publishers.some(({ told }) => told === "repeated") },
      { name: "a conflict is told", holds: ({ publishers }) => publishers.some(({ told }) => told === "conflict") },
    ],
    done: ({ publishers }) => publishers.every(({ state }) => state === "told" || state === "gone"),
    assumptions: ["a publisher repeats the same call, with the same ids, until it is answered", "the door forgets nothing within the exploration"],
    show: (world) => ({
      log: appended(world).map(({ id, body }) => `${id}: ${body}`), publishers: world.publishers.map(({ state }) => typeof state === "string" ? state : state.kind),
      late: world.late.length,
    }),
  });
}

export const DOOR_MUTANTS = {
  "the door forgets": { ...SHIPPING, publish: (memory, calls) => { memory.state.doors.clear(); return SHIPPING.publish(memory, calls); } },
  "the door does not look at the body": {
    ...SHIPPING, publish: (memory, calls) => SHIPPING.publish(memory, calls.map((call) => ({ ...call, digest: "" }))),
  },
  "the message is appended before the door is asked": {
    ...SHIPPING,
    publish: (memory, calls) => {
      const results = SHIPPING.publish(memory, calls);
      calls.forEach((call, index) => {
        if (results[index]?.kind !== "repeated") return;
        for (const message of call.messages) memory.state.log[message.partition]?.push({ ...message, position: ++memory.state.lastPosition });
      });
      return results;
    },
  },
} as const satisfies Record<string, Rules>;
