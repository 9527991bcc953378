// Says that the main loop stands still while it does: the loop itself can only say so afterwards, if ever. Runs in the heartbeat's thread, and
// writes to standard error by itself, because everything else a thread writes passes through the loop that hangs. Names what the main thread
// is running, where V8 can tell; then it lets it go on. It ends nothing. Plain JavaScript, as the thread is.
import { writeSync } from "node:fs";
import { Session } from "node:inspector";
import { clearInterval, setInterval } from "node:timers";

/** Reported after so long, or after three beats of a long lease: the loop is only seen to turn by its beats. */
const LIMIT_MS = 5_000;
const LOOK_MS = 500;
/** A look that comes this late means that the whole process stood still (stopped, suspended): that is not the loop's doing. */
const LATE_MS = 2_000;
/** How long the main thread has to say what it runs: one that waits in native code never does. */
const ANSWER_MS = 1_500;
const FRAMES = 10;
/** Of the message for the database. */
const MOST_MESSAGE = 500;

/**
 * @param {{ turns: Int32Array, leaseMs: number, onChange: (finding: object | null) => void }} options `turns`: a count that grows as the loop
 * turns, then 1 where a debugger is attached; `onChange`: told of the finding, and of null when the loop has turned again
 * @returns {() => void} ends the watch
 */
export function watchStandingLoop({ turns, leaseMs, onChange }) {
  const limitMs = Math.max(LIMIT_MS, leaseMs * 0.3);
  let lastTurn = Atomics.load(turns, 0);
  let turnedAt = performance.now();
  let lookedAt = turnedAt;
  let told = false;
  const timer = setInterval(() => {
    const now = performance.now();
    const turn = Atomics.load(turns, 0);
    if (turn !== lastTurn || now - lookedAt > LATE_MS) {
      lastTurn = turn;
      turnedAt = now;
      if (told) onChange(null);
      told = false;
    }
    lookedAt = now;
    if (told || now - turnedAt < limitMs) return;
    told = true;
    // Where a person's debugger is attached, the loop may stand at a breakpoint, and is not ours to let go on.
    const isDebugged = Atomics.load(turns, 1) === 1;
    void (isDebugged ? Promise.resolve([]) : mainStack()).then((stack) => {
      const finding = tell(now - turnedAt, limitMs, stack);
      // It may have turned while it was asked.
      if (told) onChange(finding);
    });
  }, LOOK_MS);
  return () => { clearInterval(timer); };
}

/** Returns the finding. @param {number} forMs @param {number} limitMs @param {string[]} stack */
function tell(forMs, limitMs, stack) {
  // Of what runs, the innermost that is not Node.js's own says most.
  const where = stack.find((frame) => !frame.includes("(node:")) ?? stack[0];
  const doing = where === undefined ? "it waits in native code, or V8 cannot tell where it is" : `it is in ${where}`;
  const message = `The main loop has not answered for ${(forMs / 1_000).toFixed(1)} s: ${doing}. This worker's partitions go to others.`;
  const finding = { kind: "event-loop", name: "event loop", forMs: Math.round(forMs), limitMs: Math.round(limitMs), count: 1, message: message.slice(0, MOST_MESSAGE) };
  const line = { time: new Date().toISOString(), level: "warning", event: "stall.found", ...finding, forMs, limitMs, message, stack };
  try {
    writeSync(2, `${JSON.stringify(line)}\n`);
  } catch {
    // Nobody reads standard error, or it is full: what operators read in the database remains.
  }
  return finding;
}

/** The innermost frames of the main thread, or none. @returns {Promise<string[]>} */
async function mainStack() {
  /** @type {Map<string, string>} */
  const urls = new Map();
  /** @type {string[]} */
  let stack = [];
  /** @type {import("node:inspector").Session | null} */
  let open = null;
  try {
    const session = new Session();
    session.connectToMainThread();
    open = session;
    await new Promise((resolve, reject) => {
      const late = setTimeout(resolve, ANSWER_MS);
      session.on("Debugger.scriptParsed", ({ params }) => { urls.set(params.scriptId, params.url); });
      session.on("Debugger.paused", ({ params }) => {
        session.post("Debugger.resume");
        clearTimeout(late);
        stack = params.callFrames.slice(0, FRAMES).map(({ functionName, location }) =>
          `${functionName || "an anonymous function"} (${urls.get(location.scriptId) ?? ""}:${String(location.lineNumber + 1)})`);
        resolve(undefined);
      });
      const failed = (/** @type {Error | null} */ error) => { if (error !== null) reject(error); };
      session.post("Debugger.enable", failed);
      session.post("Debugger.pause", failed);
    });
  } catch {
    // No inspector, or one that refuses: the report goes without a stack.
  }
  open?.post("Debugger.disable");
  open?.disconnect();
  return stack;
}
