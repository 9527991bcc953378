// `npm start`: the marketplace on the command line. Options, exit codes and examples stand in run/options.ts.
import { OrderFileError } from "./data/orderFileError.ts";
import { MarketplaceError } from "./run/marketplaceError.ts";
import { HELP, parseOptions } from "./run/options.ts";
import { progressOn } from "./run/progress.ts";
import { jsonReport, textReport } from "./run/report.ts";
import { runMarketplace } from "./run/runMarketplace.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const progress = progressOn(process.stderr);
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort(new MarketplaceError("RUN_STOPPED", "The run was interrupted, and cleaned up after itself."));
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    const options = parseOptions(words);
    if (options === "help") {
      process.stdout.write(HELP);
      return 0;
    }
    const result = await runMarketplace(options, { folder: ".evenkeel/marketplace", progress, signal: interrupted.signal });
    console.log(textReport(result));
    if (options.keep) console.log(`Kept    schema ${result.schema}`);
    if (options.json) console.log(JSON.stringify(jsonReport(result)));
    return result.audit.violations.length === 0 ? 0 : 1;
  } catch (error) {
    progress.end();
    if (!(error instanceof MarketplaceError || error instanceof OrderFileError)) throw error;
    console.error(error.message);
    return error instanceof OrderFileError || error.code === "OPTION_INVALID" ? 2 : 1;
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}
