// The play of the random case: draws an operation, does it to the store and to the oracle, and compares what both say and hold.
import type { Commit, DocumentChange, Envelope, Message, NewCall, NewTimer } from "@evenkeel/core/spi";
import { DEAD, refOf, WAITING, type Actor } from "./actor.ts";
import { at, holds, only, same } from "./expect.ts";
import { Model } from "./model.ts";
import { randomOf, type Random } from "./random.ts";
import { PARTITIONS, parsed, type Scene } from "./scene.ts";

const NAMES = ["order.placed", "order.paid", "note.added"];
const DOCUMENTS = ["a", "b", "c", "d"];
const TIMERS = ["t", "u", "v"];
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);
const HOUR = 3_600_000;

type Fault = "none" | "epoch" | "progress" | "row" | "version";
type Parts = { -readonly [Part in keyof Commit]?: Commit[Part] };

export class Play {
  /** The operation drawn last. */
  last = "nothing";
  readonly #scene: Scene;
  readonly #actors: readonly Actor[];
  readonly #random: Random;
  readonly #model = new Model(PARTITIONS);
  readonly #keys: readonly string[];
  /** Timers as they were read some time ago. */
  #read: Commit["firedTimers"] = [];

  private constructor(scene: Scene, actors: readonly Actor[]) {
    this.#scene = scene;
    this.#actors = actors;
    this.#random = randomOf(scene.seed);
    this.#keys = Array.from({ length: 8 }, (_, index) => scene.key(index % PARTITIONS));
  }

  static async begin(scene: Scene): Promise<Play> {
    return new Play(scene, await scene.workers(3));
  }

  async step(): Promise<void> {
    const drawn = this.#random.next();
    if (drawn < 0.25) await this.#publish();
    else if (drawn < 0.37) await this.#acquire();
    else if (drawn < 0.41) await this.#release();
    else if (drawn < 0.9) await this.#commit();
    else await this.#look();
  }

  #envelope(): Envelope {
    return this.#scene.envelope(this.#random.pick(this.#keys), { name: this.#random.pick(NAMES) });
  }

  #several<T>(atMost: number, make: (index: number) => T): readonly T[] {
    return Array.from({ length: this.#random.below(atMost + 1) }, (_, index) => make(index));
  }

  async #publish(): Promise<void> {
    this.last = "publish";
    const calls = Array.from({ length: 1 + this.#random.below(3) }, () => {
      const old = this.#random.chance(0.3);
      const doorKey = old ? `door-${String(this.#random.below(6))}` : this.#scene.host.newId();
      return {
        tenant: "default", doorKey, digest: `digest-${String(this.#random.below(2))}`, timers: [],
        messages: this.#several(4, () => this.#envelope()),
      };
    });
    const results = await this.#actor().store.publish(calls);
    const kinds = calls.map((call) => this.#model.publish(call));
    same(results.map((result) => result.kind), kinds, "the ends of the publish");
    const published = calls.filter((_, index) => kinds[index] === "published");
    await this.#appended(published.flatMap((call) => call.messages.map((message) => message.id)));
  }

  #actor(): Actor {
    return this.#random.pick(this.#actors);
  }

  async #acquire(): Promise<void> {
    this.last = "acquire";
    const actor = this.#actor();
    const wanted = ALL.filter(() => this.#random.chance(0.5));
    const grants = await actor.ask(...wanted);
    const free = wanted.filter((partition) => [null, actor.id].includes(this.#model.lease(partition).worker));
    same(grants.map((grant) => grant.partition).sort(), free, "the partitions that are granted");
    for (const grant of grants) {
      const lease = this.#model.lease(grant.partition);
      holds(grant.epoch > lease.epoch, "the epoch rises");
      same(grant.position, lease.position, "the progress that is granted");
      const heads = this.#model.heads().filter((row) => row.message.partition === grant.partition);
      const parked = grant.parked.map(({ key, count, dueInMs }) =>
        `${key} ${String(count)} ${dueInMs === null ? "dead" : dueInMs === 0 ? "now" : "later"}`);
      const expected = heads.map(({ message: { key }, due }) => `${key} ${String(this.#model.rowsOf(key).length)} ${due}`);
      same(parked.sort(), expected.sort(), "the parked keys");
      Object.assign(lease, { worker: actor.id, epoch: grant.epoch });
    }
  }

  async #release(): Promise<void> {
    this.last = "release";
    const actor = this.#actor();
    const fences = actor.fences().filter(() => this.#random.chance(0.5));
    await actor.store.release({ worker: actor.id, group: actor.group, fences });
    for (const { partition, epoch } of fences) {
      const lease = this.#model.lease(partition);
      if (lease.worker === actor.id && lease.epoch === epoch) lease.worker = null;
    }
  }

  async #commit(): Promise<void> {
    const actor = this.#actor();
    const held = ALL.filter((partition) => this.#model.lease(partition).worker === actor.id);
    if (held.length === 0) { await this.#acquire(); return; }
    const fault: Fault = this.#random.chance(0.7) ? "none" : this.#random.pick(["epoch", "progress", "row", "version"]);
    this.last = `commit with the fault '${fault}'`;
    const commit = actor.commitOf(this.#parts(held, fault));
    const expected = this.#model.commit(commit);
    const result = await this.#scene.settle(() => actor.store.commit(commit));
    same(result.kind, expected.kind, "the result of the commit");
    if (result.kind === "committed") same([...result.joinedCalls].sort(), [...expected.joined].sort(), "the joined calls");
    await this.#appended(expected.appended, commit.messages);
  }

  #parts(held: readonly number[], fault: Fault): Parts {
    const partition = this.#random.pick(held);
    const epochOf = (one: number): number => this.#model.lease(one).epoch - (fault === "epoch" && one === partition ? 1 : 0);
    const parts: Parts = {
      fences: held.map((one) => ({ partition: one, epoch: epochOf(one) })),
      documents: this.#documents(fault),
      messages: this.#several(3, () => this.#envelope()),
      ...this.#progressAndParked(partition, fault),
      ...this.#timers(),
    };
    const drawn = this.#random.next();
    if (drawn < 0.3) parts.calls = [this.#call(partition)];
    else if (drawn < 0.5) parts.callUpdates = this.#callUpdates();
    return parts;
  }

  #documents(fault: Fault): readonly DocumentChange[] {
    const chosen = DOCUMENTS.filter((_, index) => this.#random.chance(0.3) || (fault === "version" && index === 0));
    return chosen.map((key, index): DocumentChange => {
      const present = this.#model.version(key);
      const wrong = fault === "version" && index === 0;
      const version = wrong ? present + 1 + this.#random.below(2) : this.#random.chance(0.2) ? null : present;
      const drawn = this.#random.next();
      // Whether deleting blindly what never was leaves a row is the store's own affair: nobody's decision rests on it.
      const write = drawn < 0.2 && (version !== null || present > 0) ? { kind: "delete" } as const
        : drawn < 0.4 ? { kind: "keep" } as const
        : { kind: "put", body: String(this.#random.below(1_000)) } as const;
      return { entity: "account", tenant: "default", key, version, write };
    });
  }

  #progressAndParked(partition: number, fault: Fault): Parts {
    const from = this.#model.lease(partition).position;
    const ahead = this.#model.log.filter((message) => message.partition === partition && message.position > from);
    const taken = ahead.slice(0, this.#random.below(ahead.length + 1));
    const to = taken.at(-1)?.position ?? from;
    const progress = fault === "progress" ? [{ partition, from: from + 1, to: to + 1 }] : to > from ? [{ partition, from, to }] : [];
    const parkedNow = new Set<string>();
    const park = taken.filter(() => this.#random.chance(0.2)).map((message) => {
      const queued = parkedNow.has(message.key) || this.#model.rowsOf(message.key).length > 0;
      parkedNow.add(message.key);
      return { message, head: queued ? null : this.#random.pick([DEAD, WAITING, { ...WAITING, retryInMs: 0 }]) };
    });
    const unpark: Commit["unpark"][number][] = [];
    const retries: Commit["retries"][number][] = [];
    for (const { message, attempts } of this.#model.heads().filter((row) => row.message.partition === partition)) {
      const drawn = this.#random.next();
      const status = { ...this.#random.pick([DEAD, WAITING]), attempts: attempts + 1 };
      if (drawn < 0.3) unpark.push(refOf(message));
      else if (drawn < 0.5) retries.push({ ...refOf(message), status });
    }
    if (fault === "row") {
      const missing = { partition, tenant: "default", key: this.#random.pick(this.#keys), position: 1_000_000_000 };
      if (this.#random.chance(0.5)) unpark.push(missing);
      else retries.push({ ...missing, status: DEAD });
    }
    return { progress, park, unpark, retries };
  }

  #timers(): Parts {
    const timers: NewTimer[] = [];
    const cancelledTimers: Commit["cancelledTimers"][number][] = [];
    const touched = new Set<string>();
    const group = "billing";
    for (const [index, name] of TIMERS.entries()) {
      const routingKey = at(this.#keys, index);
      const drawn = this.#random.next();
      if (drawn > 0.3) continue;
      const old = this.#model.timers.get(name)?.messageId;
      if (old !== undefined) touched.add(old);
      if (drawn < 0.2) {
        const delayMs = this.#random.pick([0, HOUR]);
        timers.push({ name, group, routingKey, message: this.#scene.envelope(routingKey), when: { kind: "after", delayMs } });
      } else {
        cancelledTimers.push({ group, tenant: "default", routingKey, name });
      }
    }
    const firedTimers = this.#read.filter(({ message }) => !touched.has(message.id) && this.#random.chance(0.4));
    return { timers, cancelledTimers, firedTimers };
  }

  #call(partition: number): NewCall {
    const { host } = this.#scene;
    return {
      id: host.newId(), tenant: "default", routingKey: "r", partition, operation: "bank.charge",
      callKey: `call-${String(this.#random.below(3))}`, input: this.#random.pick(["1", "2"]),
      causationId: host.newId(), correlationId: host.newId(), trace: null, deadlineMs: HOUR,
    };
  }

  #callUpdates(): Commit["callUpdates"] {
    const ids = [...this.#model.calls.map((call) => call.id).slice(0, 1), this.#scene.host.newId()];
    return ids.map((id) => ({ id, change: { kind: "remove" }, outcome: this.#envelope() }));
  }

  /** Reads what is new in the log: it must be these messages, and those of `inOrder` in their order within each key. */
  async #appended(ids: readonly string[], inOrder: readonly Envelope[] = []): Promise<void> {
    const cursors = ALL.map((partition) => ({
      partition, position: this.#model.log.filter((message) => message.partition === partition).at(-1)?.position ?? 0,
    }));
    const { messages } = await this.#scene.store.read({ group: "billing", names: NAMES, cursors, limit: 10_000, maxLength: 1_000_000_000 });
    same(messages.map((message) => message.id).sort(), [...ids].sort(), "what was appended");
    for (const key of this.#keys) {
      const wanted = inOrder.filter((message) => message.key === key).map((message) => message.id);
      if (ids.length === 0) continue;
      same(messages.map((message) => message.id).filter((id) => wanted.includes(id)), wanted, `the order of key ${key}`);
    }
    this.#model.log.push(...[...messages].sort((a, b) => a.position - b.position));
  }

  /** Compares everything else that both hold. */
  async #look(): Promise<void> {
    this.last = "look";
    const { store } = this.#actor();
    const documents = await store.load(DOCUMENTS.map((key) => ({ entity: "account", tenant: "default", key })));
    for (const key of DOCUMENTS) {
      const { version, body } = parsed(only(documents.filter((one) => one.key === key), "documents"));
      const expected = this.#model.documents.get(key) ?? { version: 0, body: null };
      same({ version, body }, parsed(expected), `document ${key}`);
    }
    await this.#lookAtParked(store);
    const { calls } = await store.readCalls({ group: "billing", partitions: ALL, after: 0, limit: 100 });
    same(calls.map((call) => call.id), this.#model.calls.map((call) => call.id), "live calls");
    const { due, nextInMs } = await store.readTimers({ partitions: ALL, limit: 100 });
    this.#read = due;
    const timers = [...this.#model.timers.values()];
    same(due.map((one) => one.message.id).sort(), timers.filter((one) => one.due).map((one) => one.messageId).sort(), "due timers");
    same(nextInMs === null, timers.every((one) => one.due), "whether no timer waits");
    const { leases } = await store.roster();
    const holders = new Map(leases.filter((lease) => lease.group === "billing").map((lease) => [lease.partition, lease.worker]));
    same(ALL.map((partition) => holders.get(partition) ?? null), this.#model.leases.map((lease) => lease.worker), "who holds what");
    await this.#lookAtLog(store);
  }

  async #lookAtParked(store: Actor["store"]): Promise<void> {
    for (const key of this.#keys) {
      const partition = this.#scene.envelope(key).partition;
      const { messages } = await store.readParked({ group: "billing", keys: [{ partition, tenant: "default", key }], limit: 1_000, maxLength: 1_000_000 });
      same(messages, this.#model.rowsOf(key).map(({ message, attempts }) => ({ message, attempts })), `the rows of key ${key}`);
    }
    const heads = await store.listParked({ limit: 1_000 });
    const seen = heads.map((entry) => `${String(entry.position)} ${entry.state} ${String(entry.behind)}`);
    const expected = this.#model.heads().map(({ message, due }) =>
      `${String(message.position)} ${due === "dead" ? "dead" : "waiting"} ${String(this.#model.rowsOf(message.key).length - 1)}`);
    same(seen.sort(), expected.sort(), "the parked heads");
  }

  async #lookAtLog(store: Actor["store"]): Promise<void> {
    const partition = this.#random.below(PARTITIONS);
    const own = this.#model.log.filter((message) => message.partition === partition);
    const after = own.length === 0 ? 0 : this.#random.pick([{ position: 0 }, ...own]).position;
    const name = this.#random.pick(NAMES);
    const limit = 1 + this.#random.below(5);
    const { messages, bounds } = await store.read({ group: "billing", names: [name], cursors: [{ partition, position: after }], limit, maxLength: 1_000_000 });
    const expected: Message[] = own.filter((message) => message.position > after && message.name === name).slice(0, limit);
    same(messages, expected, "a read");
    const end = expected.length === limit ? expected.at(-1)?.position : own.at(-1)?.position;
    same(only(bounds, "bounds").position, end ?? after, "its bound");
    const message = own.length === 0 ? null : this.#random.pick(own);
    if (message === null) return;
    const passed = this.#model.lease(partition).position >= message.position;
    const parked = this.#model.rows.some((row) => row.message.position === message.position);
    same(await store.handled("billing", message), !passed ? "pending" : parked ? "parked" : "handled", "whether a message is handled");
  }
}
