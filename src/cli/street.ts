import { type ChildProcess, spawn } from 'node:child_process';

/** Somewhere text is shown. */
export interface Terminal {
  /** Never throws: a reader that went away (EPIPE) ends the writing, not the run. */
  write(text: string): void;
  readonly isTty: boolean;
  /** The stream itself, for outputs that wait until it has taken what they wrote. */
  readonly stream: NodeJS.WritableStream;
  /** Size in characters; undefined when it is no terminal. Read anew for each frame. */
  columns(): number | undefined;
  rows(): number | undefined;
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

/**
 * Everything of the process that vurun's command line touches, in one object: a test replaces it,
 * and nothing else under `cli` speaks with the outside by way of globals.
 */
export interface Street {
  /** Arguments behind the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** For `vurun version`: `node v20.19.0, linux/x64`. */
  readonly platform: string;
  /** Calls `handler` for SIGINT and SIGTERM until the returned function is called. */
  onStop(handler: (signal: StopSignal) => void): () => void;
  /**
   * Starts vurun once more in a process of its own, out of reach of this terminal's Ctrl-C. It is to
   * end when its standard input does, so that it cannot outlive this one.
   */
  startSelf(args: readonly string[]): ChildProcess;
  /** Ends the process at once. */
  exit(code: number): void;
}

function terminal(stream: NodeJS.WriteStream): Terminal {
  let broken = false;
  // Without a listener a broken pipe (`vurun … | head`) would be an uncaught exception.
  stream.on('error', () => {
    broken = true;
  });
  return {
    write(text) {
      if (!broken) stream.write(text);
    },
    // Undefined, not false, when the stream is none.
    isTty: Boolean(stream.isTTY),
    stream,
    columns: () => stream.columns,
    rows: () => stream.rows,
  };
}

/** The street outside this process. */
export function realStreet(): Street {
  return {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: terminal(process.stdout),
    stderr: terminal(process.stderr),
    platform: `node ${process.version}, ${process.platform}/${process.arch}`,
    onStop(handler) {
      const signals: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];
      const listeners = signals.map((signal) => {
        const listener = () => handler(signal);
        process.on(signal, listener);
        return () => process.removeListener(signal, listener);
      });
      return () => {
        for (const remove of listeners) remove();
      };
    },
    startSelf: (args) =>
      spawn(process.execPath, [process.argv[1] as string, ...args], {
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    exit: (code) => process.exit(code),
  };
}
