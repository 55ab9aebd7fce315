/**
 * `console`: the five functions scripts log with, and the way values are written. Formatting never
 * throws and never grows past one log line, whatever object it is given.
 */
import { LogLevel, type LogLevelCode, Op } from '../contract/ops.ts';
import { op } from '../host.ts';

/** Writes one line to the run's log; arguments are joined with a space, objects are written out. */
export interface Console {
  /** The same as `info`. */
  log(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
}

// The host's own bound on a log line, in bytes of UTF-8; the mark fits into it.
const lineBytes = 8192;
const cutMark = '… (cut at 8 KiB)';
// A VU's stack holds far more levels than these, and no reader wants more.
const deepest = 40;

/** What is left of the line while one value is written; containers stop when it is used up. */
let room = 0;

function quote(text: string): string {
  return JSON.stringify(text.length > room ? text.slice(0, Math.max(room, 0)) : text);
}

function list(
  open: string,
  close: string,
  length: number,
  item: (index: number) => string,
): string {
  if (length === 0) return open + close;
  const parts: string[] = [];
  for (let index = 0; index < length && room > 0; index++) {
    const part = item(index);
    room -= part.length + 2;
    parts.push(part);
  }
  return `${open} ${parts.join(', ')} ${close}`;
}

function inspect(value: unknown, parents: readonly unknown[]): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return '[object Function]';
  if (typeof value !== 'object' || value === null) return String(value);
  if (parents.includes(value)) return '[Circular]';
  if (value instanceof Error || value instanceof RegExp) return String(value);
  if (parents.length >= deepest) return Array.isArray(value) ? '[Array]' : '[Object]';
  const inner = [...parents, value];
  const show = (item: unknown): string => inspect(item, inner);

  if (Array.isArray(value)) return list('[', ']', value.length, (i) => show(value[i]));
  if (value instanceof ArrayBuffer) {
    const bytes = new Uint8Array(value, 0, Math.min(value.byteLength, lineBytes));
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    return `ArrayBuffer { [Uint8Contents]: <${hex}>, byteLength: ${value.byteLength} }`;
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = value as unknown as ArrayLike<unknown>;
    const name = (value as object as { constructor: { name: string } }).constructor.name;
    return `${name}(${items.length}) ${list('[', ']', items.length, (i) => show(items[i]))}`;
  }
  if (value instanceof Map) {
    const entries = [...value];
    return `Map(${value.size}) ${list('{', '}', value.size, (i) => {
      const [key, item] = entries[i] as [unknown, unknown];
      return `${show(key)} => ${show(item)}`;
    })}`;
  }
  if (value instanceof Set) {
    const items = [...value];
    return `Set(${value.size}) ${list('{', '}', value.size, (i) => show(items[i]))}`;
  }
  if (value instanceof Promise) return '[object Promise]';
  // Dates and URLs say of themselves how they are written.
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    return show((value as { toJSON(): unknown }).toJSON());
  }
  const keys = Object.keys(value);
  return list('{', '}', keys.length, (i) => {
    const key = keys[i] as string;
    const name = /^[\w$]+$/.test(key) ? key : quote(key);
    return `${name}: ${show((value as Record<string, unknown>)[key])}`;
  });
}

/** One value as `console` writes it. */
function format(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return inspect(value, []);
  } catch (error) {
    return `[object that cannot be shown: ${error instanceof Error ? error.message : 'it throws'}]`;
  }
}

/** Cuts a line at `lineBytes` of UTF-8; the mark tells the reader that there was more. */
function cut(line: string): string {
  if (line.length * 3 <= lineBytes) return line;
  const most = lineBytes - cutMark.length - 2;
  let bytes = 0;
  let fits = 0;
  for (let i = 0; i < line.length; i++) {
    const unit = line.charCodeAt(i);
    // A surrogate pair is four bytes: two for each half.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
    if (bytes <= most) fits = i + 1;
    if (bytes > lineBytes) {
      // Half a pair is no character.
      if ((line.charCodeAt(fits - 1) & 0xfc00) === 0xd800) fits--;
      return line.slice(0, fits) + cutMark;
    }
  }
  return line;
}

/** The line `console` writes for these values: never longer than the host takes, and free of NULs. */
export function lineOf(values: readonly unknown[]): string {
  room = lineBytes;
  // A NUL would end the line at the boundary.
  return cut(values.map(format).join(' ')).replaceAll('\0', '\\0');
}

function writeLog(level: LogLevelCode, values: readonly unknown[]): void {
  op(Op.log, level, lineOf(values));
}

export const console: Console = {
  log: (...values) => writeLog(LogLevel.info, values),
  debug: (...values) => writeLog(LogLevel.debug, values),
  info: (...values) => writeLog(LogLevel.info, values),
  warn: (...values) => writeLog(LogLevel.warn, values),
  error: (...values) => writeLog(LogLevel.error, values),
};
