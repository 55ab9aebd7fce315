import type { LogLevelName, LogLine, LogSink } from '../log.ts';
import type { Palette } from '../report/palette.ts';
import { printable } from '../report/printable.ts';

export const logFormats = ['text', 'json', 'raw'] as const;
export type LogFormat = (typeof logFormats)[number];

const tags: Record<LogLevelName, string> = {
  debug: 'DEBU',
  info: 'INFO',
  warning: 'WARN',
  error: 'ERRO',
};

export interface LogStyle {
  format: LogFormat;
  /** Whether a person reads along: short tags and seconds instead of logfmt. */
  isTty: boolean;
  palette: Palette;
  /** When the run began, milliseconds since 1970: what `INFO[0001]` counts from. */
  startedAt: number;
}

/** One log line as text, with its line feed. */
export function formatLogLine(line: LogLine, style: LogStyle): string {
  const fields = Object.entries(line.fields ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  // Node's ISO text has milliseconds; k6's has none.
  const time = `${new Date(line.time).toISOString().slice(0, 19)}Z`;
  switch (style.format) {
    case 'raw':
      return `${line.message}\n`;
    case 'json':
      return `${JSON.stringify({ ...line.fields, level: line.level, msg: line.message, time })}\n`;
    case 'text':
      return style.isTty ? colored(line, fields, style) : logfmt(line, fields, time);
  }
}

function logfmt(line: LogLine, fields: [string, string][], time: string): string {
  const pairs = [['time', time], ['level', line.level], ['msg', line.message], ...fields];
  return `${pairs.map(([key, value]) => `${key}=${quoted(value as string)}`).join(' ')}\n`;
}

function colored(line: LogLine, fields: [string, string][], style: LogStyle): string {
  const { palette } = style;
  const paint =
    line.level === 'error'
      ? palette.red
      : line.level === 'warning'
        ? palette.yellow
        : line.level === 'info'
          ? palette.cyan
          : palette.dim;
  const seconds = Math.max(0, Math.floor((line.time - style.startedAt) / 1_000));
  const tail = fields.map(([key, value]) => `  ${paint(key)}=${quoted(value)}`).join('');
  // Stack traces keep their lines; everything else that could steer a terminal is made visible.
  const message = printable(line.message.trimEnd(), '\n\t');
  return `${paint(tags[line.level])}[${String(seconds).padStart(4, '0')}] ${message}${tail}\n`;
}

function quoted(value: string): string {
  return /^[\w.\-/@^+]*$/.test(value) ? value : `"${printable(escapeQuotes(value))}"`;
}

function escapeQuotes(value: string): string {
  return value.replace(/[\\"]/g, '\\$&');
}

export interface LogPrinterOptions {
  style: LogStyle;
  verbose: boolean;
  /** Where lines go. */
  write(text: string): void;
  /** Takes out what nobody is to read. */
  redact(text: string): string;
  /** Where what scripts say with `console` goes instead, if anywhere. */
  writeConsole: ((text: string) => void) | undefined;
}

/** A sink that prints: debug lines only when asked for. */
export function logPrinter(options: LogPrinterOptions): LogSink {
  // As in k6, whatever format the log has.
  const fileStyle: LogStyle = { ...options.style, format: 'text', isTty: false };
  const { redact } = options;
  return (said) => {
    if (said.level === 'debug' && !options.verbose) return;
    const fields = Object.entries(said.fields ?? {}).map(([key, value]) => [key, redact(value)]);
    const line = {
      ...said,
      message: redact(said.message),
      fields: Object.fromEntries(fields) as Record<string, string>,
    };
    if (options.writeConsole && line.fields?.source === 'console') {
      options.writeConsole(formatLogLine(line, fileStyle));
    } else options.write(formatLogLine(line, options.style));
  };
}
