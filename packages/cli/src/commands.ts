// The table of all commands, in the order of the help.
import type { Command } from "./command.ts";
import { breakersAudit, breakersList, breakersReset } from "./commands/breakers.ts";
import { calibrate } from "./commands/calibrate.ts";
import { check } from "./commands/check.ts";
import { callsAbandon, callsResolve, callsRetry } from "./commands/calls-act.ts";
import { callsAudit } from "./commands/calls-audit.ts";
import { callsList, callsShow } from "./commands/calls-look.ts";
import { deadLettersAudit } from "./commands/dead-letters-audit.ts";
import { deadLettersEdit, deadLettersRedrive, deadLettersSkip } from "./commands/dead-letters-act.ts";
import { deadLettersList, deadLettersShow } from "./commands/dead-letters-look.ts";
import { doctor } from "./commands/doctor.ts";
import { migrate } from "./commands/migrate.ts";
import { replay } from "./commands/replay.ts";
import { runsExport } from "./commands/runs-export.ts";
import { status } from "./commands/status.ts";
import { worker } from "./commands/worker.ts";

export const COMMANDS: readonly Command[] = [
  worker, migrate, status, doctor, check, calibrate, runsExport, replay,
  deadLettersList, deadLettersShow, deadLettersEdit, deadLettersRedrive, deadLettersSkip, deadLettersAudit,
  callsList, callsShow, callsRetry, callsResolve, callsAbandon, callsAudit,
  breakersList, breakersReset, breakersAudit,
];
