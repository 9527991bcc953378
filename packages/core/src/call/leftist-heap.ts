// A leftist heap (Crane, 1972): the least entry first, each change in O(log n) and without touching the heap before it, so that it can be
// part of a machine's state. Entries are not removed when they stop mattering: whoever pops one asks whether it still counts.

interface HeapNode {
  /** What it is ordered by: a time or a sequence. */
  readonly at: number;
  /** Which of those with the same `at` comes first. */
  readonly then: number;
  readonly id: string;
  readonly rank: number;
  readonly left: Heap;
  readonly right: Heap;
}

export type Heap = HeapNode | null;

export function heapPush(heap: Heap, at: number, id: string, then = 0): HeapNode {
  const single: HeapNode = { at, then, id, rank: 1, left: null, right: null };
  return heap === null ? single : join(heap, single);
}

/** Whether the least entry of one heap comes before that of the other. */
export function isBefore(one: HeapNode, other: HeapNode): boolean {
  return one.at < other.at || (one.at === other.at && one.then < other.then);
}

/** The heap without its least entry. */
export function heapPop(heap: HeapNode): Heap {
  const { left, right } = heap;
  if (left === null || right === null) return left ?? right;
  return join(left, right);
}

function join(a: HeapNode, b: HeapNode): HeapNode {
  if (isBefore(b, a)) return join(b, a);
  const right = a.right === null ? b : join(a.right, b);
  const { at, then, id, left } = a;
  if (left === null) return { at, then, id, rank: 1, left: right, right: null };
  return left.rank >= right.rank ? { at, then, id, rank: right.rank + 1, left, right } : { at, then, id, rank: left.rank + 1, left: right, right: left };
}
