import { PassThrough } from 'node:stream';
import type { StopSignal, Street, Terminal } from '../src/cli/street.ts';

/** A street without a process: what was written can be read, signals are sent by hand. */
export interface FakeStreet extends Street {
  out(): string;
  err(): string;
  send(signal: StopSignal): void;
  exits: number[];
  listeners(): number;
}

export function fakeStreet(
  argv: readonly string[],
  more: { env?: Record<string, string>; cwd?: string; tty?: boolean } = {},
): FakeStreet {
  const texts = { out: '', err: '' };
  const terminal = (key: 'out' | 'err'): Terminal => ({
    write: (text) => {
      texts[key] += text;
    },
    isTty: more.tty === true,
    stream: new PassThrough(),
    columns: () => (more.tty ? 80 : undefined),
    rows: () => (more.tty ? 24 : undefined),
  });
  const handlers = new Set<(signal: StopSignal) => void>();
  const exits: number[] = [];
  return {
    argv,
    env: more.env ?? {},
    cwd: more.cwd ?? '/',
    stdin: (async function* () {})(),
    stdout: terminal('out'),
    stderr: terminal('err'),
    platform: 'node v0, test',
    onStop(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    startSelf: () => {
      throw new Error('nothing is started on this street');
    },
    exit: (code) => exits.push(code),
    out: () => texts.out,
    err: () => texts.err,
    send(signal) {
      for (const handler of handlers) handler(signal);
    },
    exits,
    listeners: () => handlers.size,
  };
}
