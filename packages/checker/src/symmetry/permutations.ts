// All permutations of a few things, for tests that compare with every way of telling them apart.

export function permutations<Thing>(things: readonly Thing[]): Thing[][] {
  if (things.length === 0) return [[]];
  return things.flatMap((first, index) => permutations([...things.slice(0, index), ...things.slice(index + 1)]).map((rest) => [first, ...rest]));
}
