// What a soak run leaves behind: plain data, read back by a comparison that trusts nothing it reads.
import { z } from "zod";

const Minute = z.object({
  minute: z.number(), handled: z.number(), perSecond: z.number(), p50Ms: z.number(), p99Ms: z.number(), rssMb: z.number(), heapMb: z.number(),
  cpuUsPerMessage: z.number(), stalls: z.number(),
});

const Report = z.object({
  kind: z.literal("soak"), node: z.string(), lockDigest: z.string(), minutesAsked: z.number(), rate: z.number(), published: z.number(), lost: z.number(),
  minutes: z.array(Minute).min(1),
});

/** One minute, or what the last one had of it. Latency runs from the publish until the next service handles what the first one's commit sent. */
export type SoakMinute = z.infer<typeof Minute>;
export type SoakReport = z.infer<typeof Report>;

/** The report in a file, which may hold lines of npm before it. Throws an Error with a sentence for a person. */
export function readReport(name: string, text: string): SoakReport {
  const line = text.split("\n").findLast((one) => one.startsWith("{"));
  if (line === undefined) throw new Error(`${name} holds no report: make one with npm run -s soak -- --minutes 10 > ${name}.`);
  const parsed = Report.safeParse(JSON.parse(line));
  if (!parsed.success) throw new Error(`${name} holds no report of a soak run: ${parsed.error.issues[0]?.path.join(".") ?? ""} ${parsed.error.issues[0]?.message ?? ""}.`);
  return parsed.data;
}
