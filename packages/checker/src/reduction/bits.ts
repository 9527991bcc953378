// Sets of small numbers as words of 32 bits. They grow with their largest member.

export class Bits {
  words: Uint32Array;

  constructor(capacity = 0) {
    this.words = new Uint32Array((capacity + 31) >>> 5);
  }

  has(member: number): boolean {
    return (((this.words[member >>> 5] ?? 0) >>> (member & 31)) & 1) === 1;
  }

  add(member: number): void {
    const at = member >>> 5;
    if (at >= this.words.length) this.#grow(at + 1);
    this.words[at] = (this.words[at] ?? 0) | (1 << (member & 31));
  }

  delete(member: number): void {
    const at = member >>> 5;
    if (at < this.words.length) this.words[at] = (this.words[at] ?? 0) & ~(1 << (member & 31));
  }

  /** Takes all members of another set in. Returns whether there was a new one. */
  addAll({ words }: Bits): boolean {
    if (words.length > this.words.length) this.#grow(words.length);
    let grew = false;
    for (let at = 0; at < words.length; at += 1) {
      const before = this.words[at] ?? 0;
      const after = (before | (words[at] ?? 0)) >>> 0;
      if (after === before) continue;
      this.words[at] = after;
      grew = true;
    }
    return grew;
  }

  meets({ words }: Bits): boolean {
    const length = Math.min(words.length, this.words.length);
    for (let at = 0; at < length; at += 1) if (((words[at] ?? 0) & (this.words[at] ?? 0)) !== 0) return true;
    return false;
  }

  clear(): void {
    this.words.fill(0);
  }

  members(): number[] {
    const found: number[] = [];
    for (const [at, word] of this.words.entries()) {
      for (let rest = word; rest !== 0; rest &= rest - 1) found.push(at * 32 + (31 - Math.clz32(rest & -rest)));
    }
    return found;
  }

  #grow(length: number): void {
    const grown = new Uint32Array(Math.max(length, this.words.length * 2));
    grown.set(this.words);
    this.words = grown;
  }
}
