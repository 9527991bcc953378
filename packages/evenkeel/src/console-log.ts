// The default log of a process: one JSON object a line on standard error, from a level upwards.
import type { Log, LogLevel } from "@evenkeel/core/spi";

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 };

/**
 * A log that writes one JSON object a line to standard error: `time`, `level`, `event` and the event's fields. The default of `createApp`.
 *
 * @param least the lowest level that is written; default: the environment's `EVENKEEL_LOG`, else "warning".
 * @example createApp({ services, log: consoleLog("info") }) // {"time":"…","level":"info","event":"lease.acquired",…}
 */
export function consoleLog(least: LogLevel = levelOf(process.env["EVENKEEL_LOG"])): Log {
  return (level, event, fields) => {
    if (RANK[level] >= RANK[least]) process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
  };
}

function levelOf(value: string | undefined): LogLevel {
  return value === "debug" || value === "info" || value === "error" ? value : "warning";
}
