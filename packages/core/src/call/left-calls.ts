// Calls that were read and left in the store, because as many of their operation are in memory as may be: of each its number, its routing key
// and its deadline. So the calls behind one port's outage hold back neither another port's calls nor their own deadlines. It reads nothing.
import { heapPop, heapPush, type Heap } from "./leftist-heap.ts";
import { MapDraft } from "./map-draft.ts";

export interface LeftCall {
  readonly id: string;
  readonly partition: number;
  readonly sequence: number;
  /** Its tenant and routing key. */
  readonly key: string;
  /** The operation in whose share of memory it waits for room: that of the first call of its routing key. Null: it waits for a person. */
  readonly share: string | null;
  /** When it is read whether there is room or not; `Infinity` for what waits for a person anyway. */
  readonly dueAt: number;
  /** As of a call in memory: it stood there when its partition was granted. */
  readonly inherited: boolean;
}

export interface LeftCalls {
  readonly byId: ReadonlyMap<string, LeftCall>;
  readonly count: number;
  /** By sequence, per share. Entries whose call is not left any more count no more. */
  readonly shares: ReadonlyMap<string, Heap>;
  readonly due: Heap;
  readonly dueCount: number;
}

export function newLeftCalls(): LeftCalls {
  return { byId: new Map(), count: 0, shares: new Map(), due: null, dueCount: 0 };
}

export class LeftDraft {
  readonly #byId: MapDraft<string, LeftCall>;
  readonly #shares: MapDraft<string, Heap>;
  #count: number;
  #due: Heap;
  #dueCount: number;

  constructor(left: LeftCalls, inPlace: boolean) {
    this.#byId = new MapDraft(left.byId, inPlace);
    this.#shares = new MapDraft(left.shares, inPlace);
    this.#count = left.count;
    this.#due = left.due;
    this.#dueCount = left.dueCount;
  }

  get count(): number { return this.#count; }

  get(id: string): LeftCall | undefined {
    return this.#count === 0 ? undefined : this.#byId.get(id);
  }

  add(call: LeftCall): void {
    this.#byId.set(call.id, call);
    this.#count++;
    this.#order(call);
  }

  remove(id: string): void {
    this.#byId.delete(id);
    this.#count--;
  }

  /** Has it read soon. */
  hasten(call: LeftCall, at: number): void {
    if (call.dueAt <= at) return;
    this.#byId.set(call.id, { ...call, dueAt: at });
    this.#pushDue(at, call.id);
  }

  in(partitions: ReadonlySet<number>): LeftCall[] {
    return this.#byId.filter((call) => partitions.has(call.partition));
  }

  shares(): string[] {
    return this.#count === 0 ? [] : this.#shares.entries().map(([share]) => share);
  }

  /** The oldest call that waits for room in a share. */
  oldest(share: string): LeftCall | undefined {
    for (let heap = this.#shares.get(share) ?? null; heap !== null; heap = heapPop(heap)) {
      const call = this.#byId.get(heap.id);
      if (call?.share === share) {
        this.#shares.set(share, heap);
        return call;
      }
    }
    this.#shares.delete(share);
    return undefined;
  }

  /** Those that wait for room in a share, oldest first, up to a sequence. */
  upTo(share: string, sequence: number): LeftCall[] {
    const found: LeftCall[] = [];
    let heap = this.#shares.get(share) ?? null;
    for (; heap !== null && heap.at <= sequence; heap = heapPop(heap)) {
      const call = this.#byId.get(heap.id);
      if (call?.share === share && call !== found.at(-1)) found.push(call);
    }
    for (const call of found) heap = heapPush(heap, call.sequence, call.id);
    this.#shares.set(share, heap);
    return found;
  }

  /** The one that is to be read first, whether there is room or not. */
  next(): LeftCall | undefined {
    while (this.#due !== null) {
      const call = this.#byId.get(this.#due.id);
      if (call?.dueAt === this.#due.at) return call;
      this.#due = heapPop(this.#due);
      this.#dueCount--;
    }
    return undefined;
  }

  seal(): LeftCalls {
    // Entries that count no more go when they outnumber the calls.
    if (this.#dueCount > 2 * this.#count + 256) this.rebuild();
    return { byId: this.#byId.seal(), count: this.#count, shares: this.#shares.seal(), due: this.#due, dueCount: this.#dueCount };
  }

  /** Drops all entries that count no more: a call that was forgotten may be left again. */
  rebuild(): void {
    this.#shares.clear();
    this.#due = null;
    this.#dueCount = 0;
    for (const call of this.#byId.values()) this.#order(call);
  }

  #order({ id, share, sequence, dueAt }: LeftCall): void {
    if (share !== null) this.#shares.set(share, heapPush(this.#shares.get(share) ?? null, sequence, id));
    if (dueAt !== Infinity) this.#pushDue(dueAt, id);
  }

  #pushDue(at: number, id: string): void {
    this.#due = heapPush(this.#due, at, id);
    this.#dueCount++;
  }
}
