// The names under which a run asks for its effects: business keys of steps and of their undos, and names of timers. No two requests of a workflow
// share one unless its code names the key; ids and names without '/', '%' or '#' stand in them as they are.

/**
 * The business key of a step that names none. The id is what stands between the first and the last '/', so only a name's are escaped; and where
 * the id has one, a step called "undo" is, too: run "a/b" would have the key of the undo of step "b" of run "a".
 */
export function keyOf(workflow: string, runId: string, generation: number, name: string): string {
  const last = name === "undo" && runId.includes("/") ? "%75ndo" : name.replace(/[%/]/g, encodeURIComponent);
  // "a#1" is the id "a" in its generation 1, or an id: that one says so.
  const id = generation === 0 && /#\d+$/.test(runId) ? `${runId}#0` : `${runId}${generationSuffix(generation)}`;
  return `${workflow}/${id}/${last}`;
}

/** The business key of the undo of a step. */
export function undoKeyOf(key: string): string {
  return `${key}/undo`;
}

/** The name of the timer of a request. */
export function timerName(generation: number, request: number): string {
  return `workflow${generationSuffix(generation)}-${String(request)}`;
}

export function generationSuffix(generation: number): string {
  return generation === 0 ? "" : `#${String(generation)}`;
}
