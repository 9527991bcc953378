// Puts a crew together for one search: threads, the frontier that they share, and a codec for each writer.
import type { StateCodec, Subject } from "../../space.ts";
import { identityOf } from "../identity.ts";
import type { Judge } from "../judge.ts";
import type { Settings } from "../options.ts";
import type { Origins } from "../origins.ts";
import type { VisitedSet } from "../visited.ts";
import { crewOf } from "./crew.ts";
import type { Crew } from "./crew.ts";
import type { SubjectSource } from "./messages.ts";
import { PieceFrontier } from "./piece-frontier.ts";
import { startThreads } from "./threads.ts";

interface TogetherParts<State> {
  readonly subject: Subject<State>;
  readonly settings: Settings;
  readonly judge: Judge<State>;
  readonly visited: VisitedSet;
  readonly origins: Origins;
  readonly makeCodec: () => StateCodec<State>;
  readonly workers: { readonly count: number; readonly source: SubjectSource };
}

export async function togetherOf<State>(
  { makeCodec, workers, ...parts }: TogetherParts<State>,
): Promise<{ readonly crew: Crew<State>; readonly frontier: PieceFrontier<State>; end(): Promise<void> }> {
  const { subject, settings } = parts;
  const codecs = new Map<number, StateCodec<State>>();
  const codecOf = (writer: number): StateCodec<State> => {
    const codec = codecs.get(writer) ?? makeCodec();
    codecs.set(writer, codec);
    return codec;
  };
  const frontier = new PieceFrontier(codecOf);
  const threads = await startThreads({ ...workers, name: subject.name, settings, identity: await identityOf(subject, settings), codecOf });
  return { crew: crewOf({ ...parts, frontier, codecOf, threads }), frontier, end: () => threads.end() };
}
