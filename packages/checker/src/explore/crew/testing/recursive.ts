// A module that checks its model while it is imported, as an example might: a thread that imports it would start threads of its own.
import { isMainThread } from "node:worker_threads";
import { check, model } from "../../../index.ts";

export const subject = model({ name: "recursive", init: [0], actions: { add: (s, next) => next((s + 1) % 3) } });

if (!isMainThread) await check(subject, { workers: { count: 2, module: import.meta.url, export: "subject" } });
