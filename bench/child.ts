/** A process under measurement: started on a core of its own, read through /proc, ended with us. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in these ticks on every architecture Node runs on. */
const ticksPerSecond = 100;
/** The end of what a child said, kept for the message when it fails. */
const keptOutput = 64 * 1024;

export interface ChildOptions {
  /** What messages call it. */
  name: string;
  command: string;
  args: readonly string[];
  /** Number of the core it is to stay on; any when absent. */
  core?: number | undefined;
  cwd?: string;
}

export interface ChildEnd {
  /** null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

export class Child {
  readonly name: string;
  /** Resolves when it is gone, however it went. */
  readonly ended: Promise<ChildEnd>;
  readonly #process: ChildProcess;
  #gone = false;
  #stdout = '';
  #stderr = '';

  constructor({ name, command, args, core, cwd }: ChildOptions) {
    this.name = name;
    const [file, ...rest] =
      core === undefined ? [command, ...args] : ['taskset', '-c', String(core), command, ...args];
    // Options of the tools may come from the environment, and would make runs differ.
    const env = Object.entries(process.env).filter(
      ([key]) => !/^(VURUN_|K6_|NODE_OPTIONS|NO_COLOR|FORCE_COLOR|VITEST)/.test(key),
    );
    const child = spawn(file as string, rest, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...Object.fromEntries(env), NO_COLOR: '1' },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#process = child;
    living.add(child);
    child.stdin.on('error', () => undefined);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout = (this.#stdout + text).slice(-keptOutput);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptOutput);
    });
    this.ended = new Promise((resolve) => {
      const end = (code: number | null): void => {
        this.#gone = true;
        living.delete(child);
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      };
      child.on('error', (error) => {
        this.#stderr += String(error);
        end(null);
      });
      child.on('close', end);
    });
  }

  /** The first line it says on stdout. Throws when it ends without one. */
  async firstLine(): Promise<string> {
    for (;;) {
      const end = this.#stdout.indexOf('\n');
      if (end >= 0) return this.#stdout.slice(0, end);
      if (this.#gone) throw this.failure();
      await pause(5);
    }
  }

  /** User and system time of it, its threads and its children so far. Throws when it is gone. */
  cpuSeconds(): number {
    return cpuTicks(this.#pid()) / ticksPerSecond;
  }

  /** Resident memory of it, without its children, in bytes. Throws when it is gone. */
  rssBytes(): number {
    const status = readFileSync(`/proc/${this.#pid()}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }

  #pid(): number {
    const { pid } = this.#process;
    if (this.#gone || pid === undefined) throw this.failure();
    return pid;
  }

  get isGone(): boolean {
    return this.#gone;
  }

  /** Waits for its end and throws unless it ended well. */
  async success(): Promise<ChildEnd> {
    const end = await this.ended;
    if (end.code !== 0) throw this.failure(end);
    return end;
  }

  failure(end?: ChildEnd): Error {
    const code = end?.code ?? this.#process.exitCode;
    const said = `${this.#stdout}\n${this.#stderr}`.trim().slice(-1_500);
    return new Error(`${this.name} ended before its time (exit code ${code}):\n${said}`);
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
  }
}

/** Ticks of a process tree; those of children that ended stand in their parent's own line. */
function cpuTicks(pid: number): number {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return 0;
  }
  // The name in parentheses may hold anything; utime, stime, cutime and cstime follow it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return childrenOf(pid).reduce((sum, child) => sum + cpuTicks(child), own);
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .map(Number),
    );
  } catch {
    // A thread may end while it is looked at.
    return [];
  }
}

/** Waits, in milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
