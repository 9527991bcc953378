// One clock that all processes of this machine share. `process.hrtime` promises nothing across processes, so a time is
// `performance.timeOrigin + performance.now()`. Each process reads its timeOrigin from the wall clock once, at its start,
// so the clock may have been adjusted between two starts. On Linux hrtime is CLOCK_MONOTONIC, which does not differ
// between processes; `clockBase` is the distance between the two clocks as this process sees it, and the difference of
// two processes' bases is exactly the error between their times. Questions that compare times subtract it and print it.

export const now = (): number => performance.timeOrigin + performance.now();

export function clockBase(): number {
  let best = Number.POSITIVE_INFINITY;
  let base = 0;
  for (let i = 0; i < 50; i++) {
    const before = process.hrtime.bigint();
    const middle = now();
    const after = process.hrtime.bigint();
    const width = Number(after - before);
    if (width < best) {
      best = width;
      base = middle - Number((before + after) / 2n) / 1e6;
    }
  }
  return base;
}
