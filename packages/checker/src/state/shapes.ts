// Numbers for the forms of objects (their keys in order) and for strings, so that an encoded state names them by one or two bytes. Both grow
// with what is met; neither forgets. It encodes nothing itself.
import { listMaker, objectMaker } from "./literals.ts";
import type { Maker } from "./literals.ts";

/** A prefix of some object's keys. Walking from key to key costs a comparison where the same key follows as last time. */
interface ShapeNode {
  /** The number of the form that ends here; -1: none yet. */
  id: number;
  readonly keys: readonly string[];
  readonly bare: boolean;
  lastKey: string;
  last: ShapeNode | null;
  readonly next: Map<string, ShapeNode>;
}

const MOST_STRINGS = 65_536;

export class Shapes {
  readonly plain: ShapeNode = node([], false);
  readonly bare: ShapeNode = node([], true);
  private readonly makers: Maker[] = [];
  private readonly nodes: ShapeNode[] = [];
  private readonly lists: Maker[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly strings: string[] = [];

  step(from: ShapeNode, key: string): ShapeNode {
    if (from.lastKey === key && from.last !== null) return from.last;
    let to = from.next.get(key);
    if (to === undefined) from.next.set(key, (to = node([...from.keys, key], from.bare)));
    from.lastKey = key;
    from.last = to;
    return to;
  }

  idOf(shape: ShapeNode): number {
    if (shape.id < 0) {
      shape.id = this.makers.push(objectMaker(shape.keys, shape.bare)) - 1;
      this.nodes.push(shape);
    }
    return shape.id;
  }

  make(id: number, read: () => unknown): object {
    const maker = this.makers[id];
    if (maker === undefined) throw new RangeError(`There is no form ${id}.`);
    return maker(read);
  }

  list(length: number, read: () => unknown): object {
    return (this.lists[length] ??= listMaker(length))(read);
  }

  /** The number of a string; -1: too many are known already. */
  numberOf(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    if (this.strings.length >= MOST_STRINGS) return -1;
    this.numbers.set(text, this.strings.length);
    return this.strings.push(text) - 1;
  }

  /** All forms and strings from these numbers on, in their order. */
  learnt(form = 0, text = 0): { forms: { bare: boolean; keys: readonly string[] }[]; strings: string[] } {
    return { forms: this.nodes.slice(form).map(({ bare, keys }) => ({ bare, keys })), strings: this.strings.slice(text) };
  }

  /** Numbers what `learnt` gave, before anything else but what it gave before. Throws a TypeError for anything else. */
  learn(learnt: unknown): void {
    if (!isLearnt(learnt)) throw new TypeError("What was learnt is not that of a structural codec.");
    for (const { bare, keys } of learnt.forms) {
      let shape = bare ? this.bare : this.plain;
      for (const key of keys) shape = this.step(shape, key);
      this.idOf(shape);
    }
    for (const text of learnt.strings) this.numberOf(text);
  }

  string(number: number): string {
    const text = this.strings[number];
    if (text === undefined) throw new RangeError(`There is no string ${number}.`);
    return text;
  }
}

function node(keys: readonly string[], bare: boolean): ShapeNode {
  return { id: -1, keys, bare, lastKey: "", last: null, next: new Map() };
}

function isLearnt(value: unknown): value is ReturnType<Shapes["learnt"]> {
  return typeof value === "object" && value !== null && "forms" in value && Array.isArray(value.forms) && "strings" in value && Array.isArray(value.strings);
}
