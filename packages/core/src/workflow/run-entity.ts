// The name of the entity whose documents are a workflow's runs: for those who look at a store without the workflow's definition.

export function runsOf(workflow: string): string {
  return `${workflow}_run`;
}
