// A story as one HTML page that needs nothing else: a sequence diagram with the faults in it, and beside each step what it changed and the
// whole state after it. No script, no font, no picture from elsewhere.
import { textOf, type Change } from "./changes.ts";
import { escaped } from "./escaped.ts";
import { jsonOf } from "./json.ts";
import { SequenceLanes } from "./sequence-lanes.ts";
import type { Story, StoryStep } from "./story.ts";

export function storyHtml(story: Story): string {
  const lanes = new SequenceLanes(story.steps.filter(({ number }) => number > 0).map(({ tale }) => tale));
  const rows = story.steps.map((step) => rowOf(step, lanes) + (step.number === story.avoidableAfter ? turningPoint : "")).join("\n");
  const assumptions = story.assumptions.length === 0 ? "" : `<p class="quiet">Assumed: ${story.assumptions.map(escaped).join("; ")}.</p>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(`${story.subject}: ${story.property}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(story.subject)} <span class="verdict">${escaped(story.verdict)}</span></h1>
<p>${escaped(story.reason)}</p>
${assumptions}
<ol class="steps" start="0">
<li class="heads"><div class="lanes">${lanes.heads()}</div><div></div></li>
${rows}
</ol>
${endOf(story)}
</body>
</html>
`;
}

const turningPoint = `\n<li class="turning"><div></div><div>From here on it cannot be avoided.</div></li>`;

function rowOf({ number, tale, changes, state }: StoryStep, lanes: SequenceLanes): string {
  const fault = tale.fault === null ? "" : ` <span class="fault">${escaped(tale.fault)}</span>`;
  const who = number === 0 ? "" : `<b>${escaped(tale.actor)}</b> `;
  return `<li${tale.fault === null ? "" : ` class="faulty"`}><div class="lanes">${number === 0 ? lanes.empty() : lanes.row(tale, number)}</div>` +
    `<div class="told"><span class="number">${String(number)}</span> ${who}${escaped(tale.what)}${fault}` +
    `${changes.map(changeOf).join("")}<details><summary>state</summary><pre>${escaped(jsonOf(state))}</pre></details></div></li>`;
}

function changeOf({ path, before, after }: Change): string {
  const was = before === undefined ? "" : `<del>${escaped(textOf(before))}</del> `;
  return `<div class="change"><code>${escaped(path)}</code> ${was}${after === undefined ? "<i>gone</i>" : `<ins>${escaped(textOf(after))}</ins>`}</div>`;
}

function endOf({ steps, backTo, property }: Story): string {
  const last = steps.at(-1)?.number ?? 0;
  if (backTo === null) return `<p class="broken">Broken: ${escaped(property)}</p>`;
  const after = backTo === last ? "And then nothing more happens" : `And then from step ${String(backTo + 1)} again, for ever`;
  return `<p class="broken">${after}: ${escaped(property)}</p>`;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --ink: CanvasText; --bad: #d33; --good: #2a7; --turn: #c80; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
.verdict { background: var(--bad); color: #fff; border-radius: .3rem; padding: 0 .5rem; font-size: .7em; vertical-align: middle; }
.quiet { opacity: .7; }
.steps { list-style: none; padding: 0; }
.steps > li { display: grid; grid-template-columns: minmax(20rem, 3fr) 2fr; gap: 1rem; }
.heads { position: sticky; top: 0; background: Canvas; border-bottom: 1px solid var(--line); z-index: 1; }
.lanes svg { display: block; width: 100%; height: 100%; min-height: 3rem; }
.lanes line { stroke: var(--line); } .lanes .arrow { stroke: var(--ink); stroke-width: 1.5; } .lanes .tip { fill: var(--ink); }
.lanes text { font-size: 12px; fill: var(--ink); text-anchor: middle; } .faulty .arrow { stroke: var(--bad); stroke-dasharray: 5 3; } .faulty .tip { fill: var(--bad); }
.told { padding: .4rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.number { display: inline-block; min-width: 1.6em; opacity: .6; } .fault { color: var(--bad); font-weight: 600; }
.change { margin-left: 1.6em; font-size: .9em; } .change del { color: var(--bad); } .change ins { color: var(--good); text-decoration: none; }
details { margin-left: 1.6em; font-size: .85em; } pre { max-height: 24rem; overflow: auto; }
.turning { color: var(--turn); font-weight: 600; border-top: 2px dashed var(--turn); } .broken { color: var(--bad); font-weight: 600; }
`;
