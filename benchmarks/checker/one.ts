// Explores one model in a process of its own and prints what it took as one line of JSON: memory is then that model's alone.
import { subjects } from "./subjects.ts";

const subject = subjects.find(({ name }) => name === process.argv[2]);
if (subject === undefined) throw new Error(`There is no model "${process.argv[2] ?? ""}": ${subjects.map(({ name }) => name).join(", ")}`);
const report = await subject.explore(Number(process.argv[3] ?? 1));
const { user, system } = process.cpuUsage();
const { verdict, distinct, generated, seconds, collisionProbability } = report;
const cpuSeconds = (user + system) / 1e6;
const peakMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ verdict, distinct, generated, seconds, cpuSeconds, peakMb, collisionProbability })}\n`);
