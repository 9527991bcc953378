// The names of the entities of a workflow: its runs, and the other keys that they wait on. For those who look at a store without the workflow's definition.

export function runsOf(workflow: string): string {
  return `${workflow}_run`;
}

export function keysOf(workflow: string): string {
  return `${workflow}_key`;
}
