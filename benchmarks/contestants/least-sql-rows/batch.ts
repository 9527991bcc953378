// How many rows a transaction takes: chosen by trying 500 and 1,000 (`BENCH_LEAST_ROWS_BATCH` tries others).
export const batch = Number(process.env["BENCH_LEAST_ROWS_BATCH"] ?? 1_000);

/** How long to wait when there is nothing new; nothing wakes these readers. */
export const idleMs = 5;
