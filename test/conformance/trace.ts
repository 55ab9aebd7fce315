/** What a run of vurun or k6 leaves, with everything taken out that differs from run to run. */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type CliRun, folder, inheritedEnv, startCli } from '../support/cli.ts';
import type { NamedCase } from './case.ts';
import { visitHouse } from './houses.ts';
import { type Peer, startPeer } from './server.ts';

export interface Point {
  metric: string;
  /** Whether its value is no time, and therefore the same in every run. */
  exact: boolean;
  value: number;
  /** With `metadata.` before the names of metadata. */
  tags: Readonly<Record<string, string>>;
}

export interface Trace {
  exit: number | null;
  requests: readonly string[];
  says: readonly string[];
  /** Warnings and errors that are not the script's, and what http-debug shows: `level: message error`. */
  logs: readonly string[];
  points: readonly Point[];
  stdout: string;
  /** The content of a file in the directory it ran in, or undefined. */
  file(name: string): string | undefined;
}

export interface Runner {
  /** The path of a k6 binary; vurun when left out. */
  k6?: string;
  tls: { key: string; cert: string };
}

/** Runs the script of a case against a peer of its own. */
export async function traceOf(one: NamedCase, runner: Runner): Promise<Trace> {
  const script = basename(one.script);
  const dir = folder({ ...one.files, [script]: readFileSync(one.script, 'utf8') });
  const peer = await startPeer(runner.tls);
  try {
    const run = await ran(one, commandLine(one, script, peer, runner), dir, runner);
    await peer.quiet();
    return traced(run, peer);
  } finally {
    peer.close();
  }
}

async function ran(
  one: NamedCase,
  argv: readonly string[],
  dir: string,
  { k6 }: Runner,
): Promise<CliRun> {
  if (k6 === undefined && one.signal === undefined) {
    return visitHouse({ argv, cwd: dir, env: { ...inheritedEnv(), ...one.env } });
  }
  const started = await startCli(argv, {
    dir,
    env: { ...one.env, ...(k6 === undefined ? {} : { K6_NO_USAGE_REPORT: 'true' }) },
    ...(k6 === undefined ? {} : { binary: k6 }),
  });
  if (one.signal !== undefined) {
    await started.shows(one.signal.at);
    started.signal(one.signal.name);
  }
  return started.done;
}

function commandLine(one: NamedCase, script: string, peer: Peer, runner: Runner): string[] {
  if (one.command !== undefined) {
    return one.command.map((word) => (word === 'SCRIPT' ? script : word));
  }
  return [
    'run',
    '--quiet',
    ...['--log-format', 'json'],
    ...['--out', 'json=samples.json'],
    ...(one.stdout === undefined ? ['--summary-mode', 'disabled'] : []),
    ...(runner.k6 === undefined ? ['--shards', '1'] : []),
    ...['-e', `HTTP=http://${peer.http}`, '-e', `HTTPS=https://${peer.https}`],
    ...['-e', `WS=ws://${peer.http}`, '-e', `BASE=http://${peer.http}/`],
    ...(one.args ?? []),
    script,
  ];
}

function traced(run: CliRun, peer: Peer): Trace {
  const plain = (text: string): string =>
    text.replaceAll(peer.http, 'HOST').replaceAll(peer.https, 'TLSHOST').replaceAll(run.dir, 'DIR');
  const lines = run.stderr.split('\n').filter((line) => line.trim() !== '');
  const entries = lines.map(logEntry);
  const file = (name: string): string | undefined =>
    existsSync(`${run.dir}/${name}`)
      ? plain(readFileSync(`${run.dir}/${name}`, 'utf8'))
      : undefined;
  return {
    exit: run.exitCode,
    requests: peer.seen.map(plain),
    says: entries
      .filter(({ source }) => source === 'console')
      .map(({ level, msg }) => plain(level === 'info' ? msg : `${level}: ${msg}`)),
    logs: entries
      .filter(
        ({ source, level }) =>
          source === 'http-debug' || (source !== 'console' && /^(warning|error|text)$/.test(level)),
      )
      .map(({ level, msg, error }) => plain(`${level}: ${msg}${error === '' ? '' : ` ${error}`}`)),
    points: points(file('samples.json') ?? ''),
    stdout: plain(run.stdout),
    file,
  };
}

interface LogEntry {
  level: string;
  msg: string;
  source: string;
  error: string;
}

/** A line in JSON; what is said before the format is known comes as logfmt or as bare text. */
function logEntry(line: string): LogEntry {
  const parsed = line.startsWith('{') ? (JSON.parse(line) as Record<string, string>) : logfmt(line);
  const { level = 'text', msg = line, source = '', error = '' } = parsed;
  return { level: level === 'warn' ? 'warning' : level, msg, source, error };
}

function logfmt(line: string): Record<string, string> {
  if (!line.startsWith('time=')) return {};
  return Object.fromEntries(
    [...line.matchAll(/(\w+)=(?:("(?:[^"\\]|\\.)*")|(\S*))/g)].map((match) => [
      match[1] as string,
      match[2] === undefined ? (match[3] as string) : (JSON.parse(match[2]) as string),
    ]),
  );
}

interface JsonLine {
  type: 'Metric' | 'Point';
  metric: string;
  data: {
    contains?: string;
    type?: string;
    value: number;
    tags: Record<string, string> | null;
    metadata?: Record<string, string>;
  };
}

function points(samples: string): Point[] {
  const exact = new Set<string>();
  const found: Point[] = [];
  for (const line of samples.split('\n')) {
    if (line === '') continue;
    const { type, metric, data } = JSON.parse(line) as JsonLine;
    if (type === 'Metric') {
      if (data.contains === 'default') exact.add(metric);
      continue;
    }
    const metadata = Object.entries(data.metadata ?? {}).map(([key, value]) => [
      `metadata.${key}`,
      value,
    ]);
    const tags = { ...data.tags, ...(Object.fromEntries(metadata) as Record<string, string>) };
    found.push({ metric, exact: exact.has(metric), value: data.value, tags });
  }
  return found;
}
