// Explores the bookings once, in a process of its own, and prints the report: what a search leaves in a file is then all that is left of it.
import { isEvenkeelError } from "@evenkeel/core";
import { bookings } from "./bookings.ts";

const [given = "{}", options = "{}"] = process.argv.slice(2);
try {
  process.stdout.write(JSON.stringify(await bookings(JSON.parse(given) as object).explore(JSON.parse(options) as object)));
} catch (error) {
  if (!isEvenkeelError(error)) throw error;
  process.stdout.write(JSON.stringify({ code: error.code, message: error.message }));
}
