// One property of a system, asked of worlds: remembers what it said by what it looked at. A predicate that looks at the same says the same, so
// it is run once for each content of the parts of the world that it reads. It knows what it has ever read, which is what makes steps visible to it.
import { NOTHING, World, type Cell } from "./cell.ts";
import type { Cells } from "./cells.ts";
import { cellsOf } from "./parts.ts";
import type { Viewer } from "./view.ts";

/** 0: it says nothing here (its `when` is false), 1: it holds, 2: it does not. */
export type Answer = 0 | 1 | 2;
export const BROKEN = 2;

/** Contents that are remembered; above it the predicate is run again. */
const REMEMBERED = 50_000;

export class Asked {
  readonly name: string;
  readonly key: string | null;
  /** The parts of the world that it has ever looked at. */
  readonly parts: Set<string>;
  readonly #ask: (view: object) => Answer;
  readonly #cells: Cells;
  readonly #viewer: Viewer;
  readonly #known = new Map<string, Answer>();
  #looksAt: readonly Cell<unknown>[] = [];
  #asOf = -1;
  #ofParts = -1;

  /** @param parts shared by all keys of one property. */
  constructor(name: string, key: string | null, ask: (view: object) => Answer, cells: Cells, viewer: Viewer, parts = new Set<string>()) {
    this.parts = parts;
    this.name = name;
    this.key = key;
    this.#ask = ask;
    this.#cells = cells;
    this.#viewer = viewer;
    // A world in which there is nothing of this key is not asked about: where that makes a difference, what is there of its key is looked at.
    if (key !== null && this.#run(new World([])) === BROKEN) this.parts.add("key");
  }

  /** All cells that it has ever looked at. */
  get looksAt(): readonly Cell<unknown>[] {
    if (this.#asOf !== this.#cells.all.length || this.#ofParts !== this.parts.size) {
      this.#looksAt = [...new Set([...this.parts].flatMap((part) => cellsOf(part, this.#cells, this.key)))].sort((a, b) => a.index - b.index);
      this.#asOf = this.#cells.all.length;
      this.#ofParts = this.parts.size;
      this.#known.clear();
    }
    return this.#looksAt;
  }

  of(world: World): Answer {
    let content = "";
    for (const { index } of this.looksAt) content += `${String(world.numbers[index] ?? NOTHING)},`;
    const found = this.#known.get(content);
    if (found !== undefined) return found;
    const before = this.parts.size;
    const answer = this.#run(world);
    if (this.parts.size === before && this.#known.size < REMEMBERED) this.#known.set(content, answer);
    return answer;
  }

  #run(world: World): Answer {
    const outer = this.#viewer.reader;
    this.#viewer.reader = this.parts;
    try {
      return this.#ask(this.#viewer.of(world, this.key));
    } finally {
      this.#viewer.reader = outer;
    }
  }
}
