// The default log of a process: one JSON object a line on standard error, from a level upwards.
import type { Log, LogLevel } from "@evenkeel/core/spi";

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 };

/** @param least the lowest level that is written; default: the environment's `EVENKEEL_LOG`, else "warning". */
export function consoleLog(least: LogLevel = levelOf(process.env["EVENKEEL_LOG"])): Log {
  return (level, event, fields) => {
    if (RANK[level] >= RANK[least]) process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
  };
}

function levelOf(value: string | undefined): LogLevel {
  return value === "debug" || value === "info" || value === "error" ? value : "warning";
}
