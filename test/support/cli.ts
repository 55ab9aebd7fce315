/** The real command line, run as its users run it: a process of its own, judged by what it leaves. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

const program = join(import.meta.dirname, '../../dist/src/main.js');
/** Far beyond what any of these runs takes: who reaches it hangs. */
const patienceMs = 50_000;
/** Processes of one test file at a time; concurrent tests wait here instead of starving each other. */
const processesAtOnce = 2;

const root = realpathSync(mkdtempSync(join(tmpdir(), 'vurun-e2e-')));
const cleanups: (() => void)[] = [() => rmSync(root, { recursive: true, force: true })];
afterAll(() => {
  for (const cleanup of cleanups) cleanup();
});

/** Makes a directory with these files in it, which lives as long as the test file. */
export function folder(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(root, 'case-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}

export interface CliOptions {
  /** Files laid out in the directory the command runs in. */
  files?: Readonly<Record<string, string>>;
  /** A directory made before, instead of `files`. */
  dir?: string;
  env?: Readonly<Record<string, string>>;
  /** Another program than vurun, by its path. */
  binary?: string;
}

/** What a finished command left. */
export interface CliRun {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Where it ran. */
  dir: string;
}

/** A command that is still running. */
export interface CliProcess {
  done: Promise<CliRun>;
  /** Resolves when the text appears on stdout or stderr; rejects when the command ends without it. */
  shows(text: string): Promise<void>;
  /** As `shows`, for a pattern; its first group is the answer. */
  heard(pattern: RegExp): Promise<string>;
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void;
}

let running = 0;
const queue: (() => void)[] = [];

async function slot(): Promise<() => void> {
  if (running >= processesAtOnce) await new Promise<void>((resolve) => queue.push(resolve));
  running++;
  return () => {
    running--;
    queue.shift()?.();
  };
}

/** The environment commands run in: this one, without what would change what they do. */
export function inheritedEnv(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(VURUN_|NO_COLOR|NODE_OPTIONS|VITEST)/.test(name),
  );
  return Object.fromEntries(kept) as Record<string, string>;
}

function commandOf(args: readonly string[], binary?: string): [string, string[]] {
  return binary === undefined ? [process.execPath, [program, ...args]] : [binary, [...args]];
}

/** Starts `vurun` with these arguments. */
export async function startCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliProcess> {
  const dir = options.dir ?? folder(options.files ?? {});
  const leave = await slot();
  const child: ChildProcess = spawn(...commandOf(args, options.binary), {
    cwd: dir,
    env: { ...inheritedEnv(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  cleanups.push(kill);
  const heard = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      heard[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const done = new Promise<CliRun>((resolve, reject) => {
    const timer = setTimeout(() => {
      kill();
      reject(new Error(`vurun ${args.join(' ')} did not end\n${heard.stdout}\n${heard.stderr}`));
    }, patienceMs);
    child.on('error', reject);
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      leave();
      resolve({ exitCode, ...heard, dir });
    });
  });
  // Who only waits for a text learns of the end by `shows`.
  done.catch(() => undefined);
  const awaited = <T>(what: string, find: (text: string) => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find(heard.stdout) ?? find(heard.stderr);
        if (found === undefined) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
      done.then(
        () => reject(new Error(`${what} was never shown\n${heard.stdout}\n${heard.stderr}`)),
        reject,
      );
    });
  return {
    done,
    shows: (text) =>
      awaited(`'${text}'`, (all) => (all.includes(text) ? true : undefined)).then(() => {}),
    heard: (pattern) => awaited(String(pattern), (all) => pattern.exec(all)?.[1]),
    signal: (name) => void child.kill(name),
  };
}

/** Runs `vurun` with these arguments to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  return (await startCli(args, options)).done;
}

/** What `vurun run main.ts` did with a script, its exported summary included. */
export interface ScriptRun extends CliRun {
  summary: ExportedSummary | undefined;
}

export interface ExportedSummary {
  root_group: { checks: Record<string, { passes: number; fails: number }>; groups: object };
  metrics: Record<string, Record<string, number> & { thresholds?: Record<string, boolean> }>;
  setup_data?: unknown;
}

export function readSummary(dir: string, name = 'summary.json'): ExportedSummary {
  return JSON.parse(readFileSync(join(dir, name), 'utf8')) as ExportedSummary;
}

/** Runs a script as `main.ts`, quietly and with `--summary-export`. */
export async function runScript(
  script: string,
  args: readonly string[] = [],
  options: Omit<CliOptions, 'dir'> = {},
): Promise<ScriptRun> {
  const run = await runCli(
    ['run', 'main.ts', '--quiet', '--summary-export', 'summary.json', ...args],
    { ...options, files: { 'main.ts': script, ...options.files } },
  );
  let summary: ExportedSummary | undefined;
  try {
    summary = readSummary(run.dir);
  } catch {
    summary = undefined;
  }
  return { ...run, summary };
}

/** The count of a counter in an exported summary; 0 when it has no samples. */
export function count(run: ScriptRun, metric: string): number {
  return run.summary?.metrics[metric]?.['count'] ?? 0;
}

/** The log lines of a level, as they stand in logfmt. */
export function logLines(run: CliRun, level: 'error' | 'warning' | 'info'): string[] {
  return run.stderr.split('\n').filter((line) => line.includes(` level=${level} `));
}

/** What scripts said with `console.log`, without the frame of the log. */
export function said(run: CliRun): string[] {
  return [
    ...run.stderr.matchAll(/level=info msg=(?:"((?:[^"\\]|\\.)*)"|(\S+)).* source=console/g),
  ].map((match) => (match[1] ?? match[2] ?? '').replace(/\\(.)/g, '$1'));
}

/** A stack or path of ours in anything a user reads. */
export const ownTraces = /\/dist\/|node:internal|node_modules|\bat .*\(node:|__vurun/;

export interface CountingServer {
  url: string;
  hits(): number;
  /** Paths with their query, in order of arrival. */
  paths: readonly string[];
}

/** A server that counts exactly; it answers 200 and `ok` unless told otherwise. */
export async function countingServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
    response.end('ok');
  },
): Promise<CountingServer> {
  const paths: string[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    paths.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, hits: () => paths.length, paths };
}
