// The states that wait to be expanded, first in, first out. It holds them and nothing about them: ids follow from the order.

const CHUNK = 1024;

export interface Frontier<State> {
  readonly length: number;
  /** Its own memory in bytes, as far as it knows it; 0: not at all. */
  readonly bytes: number;
  push(state: State): void;
  /** Takes the oldest one. Must not be called when empty. */
  shift(): State;
  /** Lets go of files. */
  close(): void;
}

/** States as the objects they are. Shares whatever their structures share. */
export function objectFrontier<State>(): Frontier<State> {
  const chunks: State[][] = [];
  let head: State[] = [];
  let place = 0;
  let tail = head;
  let length = 0;
  return {
    get length() { return length; },
    bytes: 0,
    push(state) {
      if (tail.length === CHUNK) chunks.push((tail = []));
      tail.push(state);
      length += 1;
    },
    shift() {
      if (place === head.length) {
        const next = chunks.shift();
        if (next === undefined) throw new RangeError("The frontier is empty.");
        head = next;
        place = 0;
      }
      const state = head[place++];
      length -= 1;
      return state as State;
    },
    close() {
      // Nothing is held but memory.
    },
  };
}
