// What a handler of the platform's own returns instead of a promise, where all that it has begun goes on in microtasks: its end is told once for many
// messages of a batch, when those have run, which spares each its promises. Whoever returns one reads and writes documents of its message's key alone,
// so that messages of other keys may be begun meanwhile.
export class Turn {
  /** Called when every microtask that was ready has run; a promise: it needs more of them. */
  readonly end: () => void | Promise<void>;

  constructor(end: () => void | Promise<void>) {
    this.end = end;
  }
}
