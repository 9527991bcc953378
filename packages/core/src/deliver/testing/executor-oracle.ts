// The oracle of the executor's exploration: a store that knows every message and judges every commit as it happens. A message may take effect
// once, after everything that stood before it in its key took effect or was skipped by a person, and progress may pass over nothing that
// was not dealt with. It keeps to the rules of the real stores and adds no faults of its own.
import type { Changes } from "../../message/changes.ts";
import type { Envelope, Message } from "../../message/envelope.ts";
import type { Commit, CommitResult, Cursor, Fence, Grant, ParkedMessage, ParkStatus, ReadResult } from "../../spi/store.ts";
import { isOfCall, OracleCalls } from "./oracle-calls.ts";
import { messageOf } from "./toy-message.ts";
import { keyId, type ExecutorInput, type ExecutorSettings, type HandedOver } from "../executor-state.ts";

export const SETTINGS: ExecutorSettings = {
  group: "toy", worker: "me", names: ["toy"], maxBatch: 8, maxBatchLength: 10_000,
  retry: { maxAttempts: 4, baseMs: 10, maxMs: 50 }, idleProgressMs: 20, maxParkedKeys: 2,
};

export const KEYS = 6;

type Below = (limit: number) => number;

interface Lease {
  owner: "me" | "another" | "dead" | null;
  epoch: number;
  progress: number;
  granted: number;
  deaths: number;
  mark: { readonly position: number; readonly epoch: number } | null;
}

/** A parked row; `dueAt` null is a dead letter, and a row that queues has no meaning there. */
interface Row { readonly message: Message; attempts: number; dueAt: number | null; queued: boolean }

interface Control { readonly action: "redrive" | "edit" | "skip"; readonly key: string; readonly partition: number; readonly position: number }

type ControlledKeys = Extract<ExecutorInput, { kind: "controlled" }>["keys"];

export class OracleStore {
  readonly partitions: number;
  nowMs = 0;
  readonly #say: (what: string) => string;
  readonly #log: { readonly message: Message; readonly handled: boolean }[] = [];
  /** Positions of handled messages. */
  readonly #byKey = new Map<string, readonly number[]>();
  readonly #leases: Lease[];
  readonly #parked = new Map<string, Row[]>();
  readonly #effects = new Set<number>();
  readonly #skipped = new Set<number>();
  #controls: Control[] = [];
  /** Whose statement is refused, and whose changes the store cannot hold. */
  readonly #bad = new Map<number, "sql" | "value">();
  #position = 0;
  readonly calls: OracleCalls;
  constructor(partitions: number, say: (what: string) => string) {
    this.partitions = partitions;
    this.#say = say;
    this.calls = new OracleCalls(say);
    this.#leases = Array.from({ length: partitions }, () => ({ owner: null, epoch: 0, progress: 0, granted: 0, deaths: 0, mark: null }));
  }

  #lease(partition: number): Lease {
    const lease = this.#leases[partition];
    if (lease === undefined) throw new Error(this.#say("there is no such partition"));
    return lease;
  }

  // --- the log ------------------------------------------------------------------------------------------------------------------

  append(chance: number): HandedOver {
    const index = chance % KEYS;
    this.#position += 1 + (chance % 3);
    const message = messageOf({ position: this.#position, partition: index % this.partitions, key: `key-${String(index)}` });
    const handled = chance % 7 !== 0;
    if (chance % 41 === 0) this.#bad.set(message.position, "sql");
    if (chance % 43 === 0) this.#bad.set(message.position, "value");
    return this.#put(message, handled);
  }

  #appendOutcome(outcome: Envelope): HandedOver {
    return this.#put({ ...outcome, position: ++this.#position }, true);
  }

  #put(message: Message, handled: boolean): HandedOver {
    const { partition, key, position } = message;
    const after = this.#log.filter((one) => one.message.partition === partition).at(-1)?.message.position ?? 0;
    this.#log.push({ message, handled });
    if (handled) this.#byKey.set(key, [...this.#byKey.get(key) ?? [], position]);
    return { partition, after, to: position, messages: handled ? [message] : [] };
  }

  read(cursors: readonly Cursor[], limit: number): ReadResult {
    const messages: Message[] = [];
    const bounds: (Cursor & { readonly more: boolean })[] = [];
    for (const { partition, position } of cursors) {
      const after = this.#log.filter(({ message }) => message.partition === partition && message.position > position);
      const found = after.filter((one) => one.handled).slice(0, Math.min(limit, 5)).map((one) => one.message);
      const full = found.length >= Math.min(limit, 5);
      messages.push(...found);
      bounds.push({ partition, more: full, position: (full ? found.at(-1)?.position : after.at(-1)?.message.position) ?? position });
    }
    return { messages, bounds };
  }

  /** What a toy handler decides: one message that names its cause. */
  effectOf(message: Message): Changes {
    return {
      documents: [], calls: [], answers: [], timers: [], cancelledTimers: [],
      messages: [{ ...message, id: `effect-${String(message.position)}` }],
      sql: this.#bad.get(message.position) === "sql" ? [{ name: "toy", text: String(message.position), values: [], rows: null }] : [],
    };
  }

  // --- ownership ----------------------------------------------------------------------------------------------------------------

  free(): readonly number[] {
    return this.#leases.flatMap((lease, partition) => lease.owner === "another" ? [] : [partition]);
  }

  acquire(partitions: readonly number[]): readonly Grant[] {
    return partitions.map((partition): Grant => {
      const lease = this.#lease(partition);
      if (lease.progress > lease.granted) lease.deaths = 0;
      else if (lease.owner === "dead") lease.deaths++;
      if (lease.owner === "me" && lease.mark?.epoch === lease.epoch) lease.mark = null;
      if (lease.mark !== null && lease.mark.position <= lease.progress && this.#rowAt(partition, lease.mark.position) === undefined) lease.mark = null;
      lease.owner = "me";
      lease.epoch++;
      lease.granted = lease.progress;
      const parked = [...this.#parked.values()].flatMap((rows) => {
        const [head] = rows;
        if (head?.message.partition !== partition) return [];
        const dueInMs = head.dueAt === null ? null : Math.max(0, head.dueAt - this.nowMs);
        return [{ tenant: head.message.tenant, key: head.message.key, count: rows.length, dueInMs }];
      });
      return { partition, epoch: lease.epoch, position: lease.progress, parked, suspect: lease.deaths >= 1, mark: lease.mark?.position ?? null };
    });
  }

  release(partition: number, epoch: number): void {
    const lease = this.#lease(partition);
    if (lease.owner !== "me" || lease.epoch !== epoch) return;
    lease.owner = null;
    lease.deaths = 0;
    if (lease.mark?.epoch === epoch) lease.mark = null;
  }

  mark(fence: Fence, position: number): "marked" | "fenced" {
    const lease = this.#lease(fence.partition);
    if (lease.owner !== "me" || lease.epoch !== fence.epoch) return "fenced";
    lease.mark = { position, epoch: lease.epoch };
    return "marked";
  }

  die(): void {
    for (const lease of this.#leases) if (lease.owner === "me") lease.owner = "dead";
  }

  /** Another process takes the partition, handles some of what stands there, and mostly leaves again. */
  takenByAnother(partition: number, below: Below): void {
    const lease = this.#lease(partition);
    lease.epoch++;
    lease.mark = null;
    lease.deaths = 0;
    lease.owner = below(10) < 7 ? null : "another";
    const open = this.#log.filter((one) => one.message.partition === partition && one.message.position > lease.progress);
    for (const { message, handled } of open.slice(0, below(5))) {
      lease.progress = message.position;
      if (!handled) continue;
      const rows = this.#rows(message);
      if (rows.length > 0) this.#setRows(message, [...rows, { message, attempts: 0, dueAt: null, queued: true }]);
      else if (below(5) === 0) this.#setRows(message, [{ message, attempts: 1, dueAt: below(3) === 0 ? null : this.nowMs + below(40), queued: false }]);
      else this.#takeEffect(message);
    }
    for (const rows of [...this.#parked.values()]) {
      const [head] = rows;
      if (head === undefined || head.message.partition !== partition || head.dueAt === null || head.dueAt > this.nowMs || below(2) === 0) continue;
      this.#setRows(head.message, rows.slice(1));
      this.#takeEffect(head.message);
    }
  }

  // --- parked keys ----------------------------------------------------------------------------------------------------------------

  #rows({ tenant, key }: { readonly tenant: string; readonly key: string }): readonly Row[] {
    return this.#parked.get(keyId(tenant, key)) ?? [];
  }

  /** Whatever stands first and only queued becomes a head that is due. */
  #setRows(ref: { readonly tenant: string; readonly key: string }, rows: Row[]): void {
    const [head] = rows;
    if (head === undefined) {
      this.#parked.delete(keyId(ref.tenant, ref.key));
      return;
    }
    if (head.queued) Object.assign(head, { queued: false, dueAt: this.nowMs });
    this.#parked.set(keyId(ref.tenant, ref.key), rows);
  }

  #rowAt(partition: number, position: number): Row | undefined {
    return [...this.#parked.values()].flat().find((row) => row.message.partition === partition && row.message.position === position);
  }

  readParked(keys: readonly { readonly partition: number; readonly tenant: string; readonly key: string }[], limit: number): readonly ParkedMessage[] {
    return keys.flatMap((key) => this.#rows(key).slice(0, limit).map(({ message, attempts }) => ({ message, attempts })));
  }

  parkedCounts(partitions: readonly number[]): string[] {
    return [...this.#parked.values()].flatMap((rows) => {
      const [head] = rows;
      return head !== undefined && partitions.includes(head.message.partition) ? [`${head.message.key}:${String(rows.length)}`] : [];
    });
  }

  // --- operators --------------------------------------------------------------------------------------------------------------------

  hasDead(): boolean {
    return [...this.#parked.values()].some(([head]) => head?.dueAt === null);
  }

  hasControls(): boolean {
    return this.#controls.length > 0;
  }

  /** An operator asks for something at the head of a parked key. */
  request(below: Below, onlyDead: boolean): void {
    const heads = [...this.#parked.values()].flatMap(([head]) => head !== undefined && (!onlyDead || head.dueAt === null) ? [head] : []);
    const head = heads[below(heads.length)];
    if (head === undefined) return;
    const { key, partition, position } = head.message;
    if (this.#controls.some((control) => control.key === key && control.position === position)) return;
    const action = onlyDead ? "redrive" : (["redrive", "edit", "skip"] as const)[below(3)] ?? "redrive";
    this.#controls.push({ action, key, partition, position });
  }

  applyControls(fences: readonly Fence[]): ControlledKeys {
    const held = new Set(fences.filter((fence) => this.#isHeld(fence)).map((fence) => fence.partition));
    const mine = this.#controls.filter((control) => held.has(control.partition));
    this.#controls = this.#controls.filter((control) => !held.has(control.partition));
    return mine.flatMap(({ action, key, partition, position }) => {
      const ref = { tenant: "default", key };
      const [head, ...rest] = this.#rows(ref);
      if (head?.message.position !== position) return [];
      if (action === "redrive") Object.assign(head, { dueAt: this.nowMs, attempts: 0 });
      if (action === "skip") {
        const [next] = rest;
        if (next !== undefined) Object.assign(next, { queued: false, dueAt: this.nowMs });
        this.#skipped.add(position);
        this.#setRows(ref, rest);
      }
      return [{ partition, ...ref, remaining: this.#rows(ref).length, due: action !== "edit" }];
    });
  }

  // --- the commit -------------------------------------------------------------------------------------------------------------------

  #isHeld({ partition, epoch }: Fence): boolean {
    const lease = this.#lease(partition);
    return lease.owner === "me" && lease.epoch === epoch;
  }

  commit(commit: Commit): CommitResult {
    if (!commit.fences.every((fence) => this.#isHeld(fence))) return { kind: "fenced" };
    const fenced = new Set(commit.fences.map((fence) => fence.partition));
    for (const { partition } of [...commit.progress, ...commit.unpark, ...commit.retries, ...commit.park.map((row) => row.message)]) {
      must(fenced.has(partition), this.#say("a commit touches a partition without its fence"));
    }
    if (!commit.progress.every(({ partition, from }) => this.#lease(partition).progress === from)) return { kind: "fenced" };
    const gone = [...commit.unpark, ...commit.retries].some((ref) => this.#rowAt(ref.partition, ref.position) === undefined);
    if (gone) return { kind: "fenced" };
    const refused = commit.sql.findIndex((run) => run.text.startsWith("call-") || this.#bad.get(Number(run.text)) === "sql");
    if (refused >= 0) return { kind: "refused", by: "sql", ordinal: refused, reason: "planned" };
    const effects = commit.messages.filter((message) => !isOfCall(message)).map((message) => this.#messageAt(Number(message.id.replace("effect-", ""))));
    if (this.calls.isRejected(commit) || effects.some((message) => this.#bad.get(message.position) === "value")) return { kind: "rejected", reason: "planned" };
    this.#judge(commit, effects);
    const { direct, appended } = this.calls.apply(commit);
    this.#apply(commit, effects);
    for (const { id, partition, key } of direct) {
      must(fenced.has(partition), this.#say(`${id} ends without the fence of its partition`));
      must(this.#rows({ tenant: "default", key }).length === 0, this.#say(`the outcome of ${id} took effect although its key is parked`));
      const overtaken = this.#log.find(({ message }) => message.id.startsWith("call-") && message.key === key && !this.#isSettled(message.position));
      must(overtaken === undefined, this.#say(`the outcome of ${id} overtook that of ${String(overtaken?.message.id)}`));
    }
    return { kind: "committed", joinedCalls: [], handovers: appended.map((outcome) => this.#appendOutcome(outcome)) };
  }

  #messageAt(position: number): Message {
    const found = this.#log.find((one) => one.message.position === position);
    if (found === undefined) throw new Error(this.#say(`an effect of a message that was never published: ${String(position)}`));
    return found.message;
  }

  #judge(commit: Commit, effects: readonly Message[]): void {
    const dealtWith = new Set([...effects, ...commit.park.map((row) => row.message)].map((message) => message.position));
    for (const { partition, from, to } of commit.progress) {
      for (const { message, handled } of this.#log) {
        if (!handled || message.partition !== partition || message.position <= from || message.position > to) continue;
        if (!dealtWith.has(message.position)) throw new Error(this.#say(`progress from ${String(from)} to ${String(to)} skips message ${String(message.position)}`));
      }
    }
    const unparked = new Set(commit.unpark.map((ref) => ref.position));
    for (const { partition, position } of [...effects, ...commit.park.map((row) => row.message)]) {
      const inRange = commit.progress.some((range) => range.partition === partition && position > range.from && position <= range.to);
      if (!inRange && !unparked.has(position)) throw new Error(this.#say(`message ${String(position)} is dealt with outside the progress of its commit`));
    }
    for (const { message } of commit.park) {
      must(this.#rowAt(message.partition, message.position) === undefined, this.#say(`message ${String(message.position)} is parked twice`));
    }
  }

  #apply(commit: Commit, effects: readonly Message[]): void {
    for (const { partition, to } of commit.progress) {
      const lease = this.#lease(partition);
      if (lease.progress < to) lease.deaths = 0;
      lease.progress = to;
    }
    for (const { tenant, key, position } of commit.unpark) {
      const rows = this.#rows({ tenant, key });
      must(rows[0]?.message.position === position, this.#say(`message ${String(position)} leaves the middle of its parked key`));
      this.#setRowsRaw(key, rows.slice(1));
    }
    for (const { tenant, key, position, status } of commit.retries) {
      const [head] = this.#rows({ tenant, key });
      must(head?.message.position === position, this.#say(`message ${String(position)} fails as a head and is not the head of its key`));
      if (head !== undefined) Object.assign(head, statusOf(status, this.nowMs));
    }
    for (const { message, head } of commit.park) {
      const rows = this.#rows(message);
      const last = rows.at(-1)?.message.position ?? 0;
      must(last < message.position, this.#say(`message ${String(message.position)} is parked before what stands behind it`));
      if (head !== null) must(rows.length === 0, this.#say(`message ${String(message.position)} ran although its key was parked`));
      const status = head === null ? { attempts: 0, dueAt: null, queued: true } : statusOf(head, this.nowMs);
      this.#setRowsRaw(message.key, [...rows, { message, ...status }]);
    }
    const touched = new Set([...commit.unpark, ...commit.retries, ...commit.park.map((row) => row.message)].map((ref) => ref.key));
    for (const key of touched) this.#setRows({ tenant: "default", key }, [...this.#rows({ tenant: "default", key })]);
    for (const message of effects) this.#takeEffect(message);
    const marks = new Set([...commit.unpark, ...commit.retries, ...commit.park.map((row) => row.message)].map((ref) => ref.position));
    for (const lease of this.#leases) if (lease.mark !== null && marks.has(lease.mark.position)) lease.mark = null;
  }

  #setRowsRaw(key: string, rows: Row[]): void {
    if (rows.length === 0) this.#parked.delete(keyId("default", key));
    else this.#parked.set(keyId("default", key), rows);
  }

  #isSettled(position: number): boolean {
    return this.#effects.has(position) || this.#skipped.has(position);
  }

  #takeEffect(message: Message): void {
    const { position, key } = message;
    must(!this.#effects.has(position), this.#say(`message ${String(position)} took effect twice`));
    for (const before of this.#byKey.get(key) ?? []) {
      if (before >= position) break;
      if (!this.#isSettled(before)) throw new Error(this.#say(`message ${String(position)} of ${key} overtook ${String(before)}`));
    }
    this.#effects.add(position);
  }

  // --- the end ------------------------------------------------------------------------------------------------------------------------

  /** Nothing fails any more, and other processes leave. */
  heal(): void {
    this.#bad.clear();
    for (const lease of this.#leases) if (lease.owner === "another") lease.owner = null;
  }

  isDone(): boolean {
    return this.pending() === "";
  }

  pending(): string {
    const open = this.#log.filter(({ message, handled }) => handled && message.position > this.#lease(message.partition).progress)
      .map(({ message }) => message.position);
    const words = open.length > 0 ? [`messages ${open.join()}`] : [];
    for (const rows of this.#parked.values()) words.push(`parked ${rows.map((row) => `${row.message.key}/${String(row.message.position)}@${String(row.dueAt)}`).join()}`);
    if (this.calls.rows().length > 0) words.push(`${String(this.calls.rows().length)} calls`);
    if (this.#controls.length > 0) words.push(`${String(this.#controls.length)} requests of operators`);
    return words.join("; ");
  }

  judgeEnd(): void {
    for (const { message, handled } of this.#log) {
      must(this.#isSettled(message.position) === handled, this.#say(`message ${String(message.position)} ${handled ? "was lost" : "took effect though nobody handles it"}`));
    }
  }
}

function statusOf(status: ParkStatus, nowMs: number): { attempts: number; dueAt: number | null; queued: boolean } {
  return { attempts: status.attempts, dueAt: status.retryInMs === null ? null : nowMs + status.retryInMs, queued: false };
}

function must(holds: boolean, words: string): void {
  if (!holds) throw new Error(words);
}
