import { expect, test } from 'vitest';
import { formatLogLine, type LogStyle, logPrinter } from '../src/cli/log-printer.ts';
import type { LogLine } from '../src/log.ts';
import { plainPalette } from '../src/report/palette.ts';

const startedAt = Date.UTC(2026, 10, 21, 3, 15, 14);
const style = (more: Partial<LogStyle>): LogStyle => ({
  format: 'text',
  isTty: false,
  palette: plainPalette,
  startedAt,
  ...more,
});
const line: LogLine = {
  level: 'warning',
  time: startedAt + 1_500,
  message: 'a "b"\nc\u001b[2J',
  fields: { source: 'console', error: 'x y' },
};

test('a log line reads as logfmt in a pipe and short on a terminal', () => {
  expect(formatLogLine(line, style({}))).toBe(
    'time="2026-11-21T03:15:15Z" level=warning msg="a \\"b\\"\\nc\\x1b[2J" error="x y" source=console\n',
  );
  expect(formatLogLine(line, style({ isTty: true }))).toBe(
    'WARN[0001] a "b"\nc\\x1b[2J  error="x y"  source=console\n',
  );
});

test('json keeps everything, raw only the message', () => {
  expect(JSON.parse(formatLogLine(line, style({ format: 'json' })))).toEqual({
    error: 'x y',
    source: 'console',
    level: 'warning',
    msg: line.message,
    time: '2026-11-21T03:15:15Z',
  });
  expect(formatLogLine(line, style({ format: 'raw' }))).toBe(`${line.message}\n`);
});

test('debug lines need --verbose, and console lines may have a file of their own, which is text', () => {
  const seen: string[] = [];
  const said: string[] = [];
  const options = {
    style: style({ format: 'raw' }),
    redact: (text: string) => text,
    write: (text: string) => seen.push(text),
    writeConsole: (text: string) => said.push(text),
  };
  const debug: LogLine = { level: 'debug', time: startedAt, message: 'detail' };
  for (const verbose of [false, true]) {
    const sink = logPrinter({ ...options, verbose });
    sink(debug);
    sink({ ...line, message: 'hello' });
  }
  expect(seen).toEqual(['detail\n']);
  const text = formatLogLine({ ...line, message: 'hello' }, style({ format: 'text' }));
  expect(said).toEqual([text, text]);
});
