// A worker of the orders in a process of its own, so that it can be killed. It ends with its parent.
import { ordersApp } from "./orders.ts";

process.stdin.on("end", () => { process.exit(0); }).resume();
const app = await ordersApp(process.env["BY_KEY_DATABASE"] ?? "", process.env["BY_KEY_SCHEMA"] ?? "");
await app.start();
process.stdout.write(`${JSON.stringify({ event: "works" })}\n`);
