// Progress on standard error: one live line on a terminal, a line every two seconds elsewhere. Standard output stays for results.

export interface Progress {
  /** Shows where things stand; may be called often. */
  at(text: string): void;
  /** A line that stays. */
  say(text: string): void;
  /** Ends the live line. */
  end(): void;
}

const EVERY_MS = { terminal: 100, elsewhere: 2_000 };

export function progressOn(stream: NodeJS.WriteStream): Progress {
  let last = 0;
  let live = false;
  const clear = (): void => {
    if (live) stream.write("\r\u001b[2K");
    live = false;
  };
  return {
    at(text) {
      const now = performance.now();
      if (now - last < (stream.isTTY ? EVERY_MS.terminal : EVERY_MS.elsewhere)) return;
      last = now;
      if (!stream.isTTY) return void stream.write(`${text}\n`);
      clear();
      stream.write(text.slice(0, (stream.columns || 80) - 1));
      live = true;
    },
    say(text) {
      clear();
      stream.write(`${text}\n`);
    },
    end: clear,
  };
}
