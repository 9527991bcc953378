// Who handles messages in this process now: services beside each other, or one of them alone. A message behind a mark is handled alone, lest a death that
// another service's handler brings about be put down to it. It knows nothing of messages.

type Way = "beside" | "alone";

/** Ends a turn; once is enough. */
type End = () => void;

export class Alone {
  #beside = 0;
  #isAlone = false;
  readonly #waiting: { readonly way: Way; readonly begin: () => void }[] = [];

  /** Begins beside others at once, or not at all: null while one is alone, or waits to be. */
  tryBeside(): End | null {
    return this.#isAlone || this.#waiting.length > 0 ? null : this.#begin("beside");
  }

  /** Begins in the order of asking: beside others when nobody is alone, alone when nobody else is at work. */
  ask(way: Way): Promise<End> {
    return new Promise((resolve) => {
      this.#waiting.push({ way, begin: () => { resolve(this.#begin(way)); } });
      this.#goOn();
    });
  }

  #begin(way: Way): End {
    if (way === "alone") this.#isAlone = true;
    else this.#beside++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (way === "alone") this.#isAlone = false;
      else this.#beside--;
      this.#goOn();
    };
  }

  #goOn(): void {
    for (let [next] = this.#waiting; next !== undefined && !this.#isAlone && (next.way === "beside" || this.#beside === 0); [next] = this.#waiting) {
      this.#waiting.shift();
      next.begin();
    }
  }
}
