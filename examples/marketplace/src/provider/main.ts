// The payment provider's process: `main.ts [--port 0] [--journal FILE]`. Prints one line, {"port":…}, when it is ready, and ends
// when its standard input closes, so that it never outlives whoever started it, or on SIGTERM.
import type { Server } from "node:http";
import { parseArgs } from "node:util";
import { createProvider } from "./server.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "0" }, journal: { type: "string" } } });
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`--port ${values.port} is not a port. Give a number from 0 (any free port) to 65535.`);
  process.exit(2);
}

const server = open(values.journal);
server.on("error", (error) => {
  console.error(`The payment provider cannot serve: ${error.message}. Is port ${port} in use?`);
  process.exit(1);
});
server.listen(port, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") console.log(JSON.stringify({ port: address.port }));
});

function open(journal: string | undefined): Server {
  try {
    return createProvider(journal === undefined ? {} : { journal });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

// Every answered record is in the journal already: ending at once loses nothing, and hanging requests must not hold it up.
const end = (): void => process.exit(0);
process.on("SIGTERM", end);
process.on("SIGINT", end);
process.stdin.on("end", end).on("error", end).resume();
