import { beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../src/limits.ts';
import type { LogLine } from '../src/log.ts';
import { LogQuota } from '../src/shard/log-quota.ts';

let now = 0;
let shown: LogLine[] = [];
let quota: LogQuota;
beforeEach(() => {
  now = 0;
  shown = [];
  quota = new LogQuota({ now: () => now, since: (at) => at, wall: (at) => at }, (lines) =>
    shown.push(...lines),
  );
});

type Line = Omit<LogLine, 'time'>;
const printed: Line = { level: 'info', message: 'noise', fields: { source: 'console' } };
const thrown: Line = { level: 'error', message: 'Error: no', fields: { source: 'script' } };
const failed: Line = { level: 'warning', message: 'Request Failed', fields: { error: 'refused' } };
const redirected: Line = { level: 'warning', message: 'Stopped after', fields: { url: 'x' } };
const dumped: Line = { level: 'info', message: 'GET /', fields: { source: 'http-debug' } };
const own: Line = { level: 'error', message: 'VU 7 takes no further part', fields: { vu: '7' } };

function flood(line: Line, count: number): void {
  for (let i = 0; i < count; i++) quota.add(line);
}
function messages(): string[] {
  quota.close();
  return shown.map(({ message }) => message);
}
const perSecond = limits.logLinesPerSecond;

describe('a quota of log lines', () => {
  test.each([printed, failed, redirected, dumped])('holds $message apart from the rest', (line) => {
    flood(line, perSecond + 5);
    flood(printed, 2);
    quota.add(own);
    quota.add(thrown);
    expect(messages().slice(perSecond)).toEqual([
      'VU 7 takes no further part',
      'Error: no',
      `7 log lines were dropped: at most ${perSecond} a second are shown`,
    ]);
  });

  test('bounds exceptions and own lines too, and tells each count', () => {
    flood(thrown, perSecond + 3);
    flood(own, limits.ownLogLinesPerSecond + 4);
    quota.add(printed);
    expect(messages().slice(perSecond + limits.ownLogLinesPerSecond)).toEqual([
      'noise',
      `3 exceptions of the script were dropped: at most ${perSecond} a second are shown`,
      `4 of vurun's own warnings and errors were dropped: at most ${limits.ownLogLinesPerSecond} a second are shown`,
    ]);
  });

  test('begins anew with every second, and tells then what the last one lost', async () => {
    flood(printed, perSecond + 1);
    await Promise.resolve();
    shown = [];
    now = 1_000;
    quota.add(own);
    await Promise.resolve();
    expect(shown.map(({ message, time }) => [message, time])).toEqual([
      [`1 log lines were dropped: at most ${perSecond} a second are shown`, 1_000],
      ['VU 7 takes no further part', 1_000],
    ]);
  });

  test('shows own lines when the script has used up the bytes of the run', () => {
    const long = { ...printed, message: 'x'.repeat(limits.logLineBytes) };
    const fitting = limits.logBytesPerRun / limits.logLineBytes;
    for (let i = 0; i <= fitting; i++) {
      now += 1_000;
      quota.add(long);
    }
    quota.add(own);
    expect(messages().slice(fitting)).toEqual([
      'VU 7 takes no further part',
      "1 log lines were dropped: the run's quota of 10 MB is used up",
    ]);
  });

  test('cuts a line that is too long', () => {
    quota.add({ ...own, message: 'y'.repeat(limits.logLineBytes + 1) });
    expect(messages()).toEqual([`${'y'.repeat(limits.logLineBytes)}… (cut)`]);
  });
});
