// The lanes of a sequence diagram as small SVG pictures, one per step, that stand below each other: whoever acts has a lane. It places
// lines and arrows and knows nothing of the page around them.
import type { Tale } from "../report.ts";
import { escaped } from "./escaped.ts";

const LANE = 160;
const HEIGHT = 48;

export class SequenceLanes {
  readonly #lanes: readonly string[];

  constructor(tales: readonly Tale[]) {
    this.#lanes = [...new Set(tales.flatMap(({ from, actor }) => [from ?? actor, actor]))];
  }

  heads(): string {
    return this.#svg(this.#lanes.map((name, lane) => `<text x="${String(this.#middle(lane))}" y="28">${escaped(shorten(name, 22))}</text>`).join(""));
  }

  empty(): string {
    return this.#svg(this.#lifelines());
  }

  row({ from, actor, what, fault }: Tale, number: number): string {
    const end = this.#middle(this.#lanes.indexOf(actor));
    const start = this.#middle(this.#lanes.indexOf(from ?? actor));
    const label = `${String(number)} ${what}${fault === null ? "" : " ✕"}`;
    return this.#svg(this.#lifelines() + (start === end ? loop(end, label) : arrow(start, end, label)));
  }

  #middle(lane: number): number { return lane * LANE + LANE / 2; }

  #lifelines(): string {
    return this.#lanes.map((_, lane) => `<line x1="${String(this.#middle(lane))}" x2="${String(this.#middle(lane))}" y1="0" y2="${String(HEIGHT)}"/>`).join("");
  }

  #svg(inside: string): string {
    // Stretched in height only, so that lifelines meet those of the rows above and below.
    return `<svg viewBox="0 0 ${String(Math.max(1, this.#lanes.length) * LANE)} ${String(HEIGHT)}" preserveAspectRatio="xMidYMin meet" role="img">${inside}</svg>`;
  }
}

function arrow(start: number, end: number, label: string): string {
  const back = end < start ? 9 : -9;
  const tip = `<polygon class="tip" points="${String(end)},36 ${String(end + back)},31 ${String(end + back)},41"/>`;
  return `<line class="arrow" x1="${String(start)}" x2="${String(end + back)}" y1="36" y2="36"/>${tip}${text((start + end) / 2, label)}`;
}

/** Somebody who acts on their own. */
function loop(at: number, label: string): string {
  return `<circle class="tip" cx="${String(at)}" cy="36" r="5"/>${text(at, label)}`;
}

function text(x: number, label: string): string {
  return `<text x="${String(x)}" y="24">${escaped(shorten(label, 44))}</text>`;
}

function shorten(value: string, length: number): string {
  return value.length <= length ? value : `${value.slice(0, length - 1)}…`;
}
