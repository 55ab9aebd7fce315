/** Numbers on axes and in tables of the page; metrics are written as the summary writes them. */
import { formatBytes, formatNumber, formatShare, formatTime } from '../units.ts';

/** What a chart's numbers are. */
export type Unit = 'ms' | 'bytes' | 'bytes/s' | '/s' | 'count' | '%';

/** A number with its unit, as short as it can be read. */
export function brief(value: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return briefTime(value);
    case 'bytes':
      return formatBytes(value);
    case 'bytes/s':
      return `${formatBytes(value)}/s`;
    case '%':
      return `${digits(value * 100)}%`;
    case '/s':
      return `${digits(value)}/s`;
    case 'count':
      return digits(value);
  }
}

/** On an axis, whose caption has the unit. */
export function tick(value: number, unit: Unit): string {
  if (unit === '/s') return digits(value);
  if (unit === 'bytes/s') return formatBytes(value);
  return brief(value, unit);
}

function briefTime(ms: number): string {
  const size = Math.abs(ms);
  if (size >= 60_000 || size === 0) return formatTime(ms);
  if (size < 1e-3) return `${digits(ms * 1e6)}ns`;
  if (size < 1) return `${digits(ms * 1e3)}µs`;
  return size < 1_000 ? `${digits(ms)}ms` : `${digits(ms / 1_000)}s`;
}

/** Three digits that count, whole numbers whole. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100_000) return Math.round(value).toLocaleString('en-US');
  if (size >= 100 || Number.isInteger(value)) return formatNumber(Math.round(value));
  return formatNumber(value, size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** Time since the start: `1:05`, `1:00:05`; with a fraction where asked for. */
export function clock(ms: number, fine = false): string {
  const whole = fine ? Math.floor(ms / 100) / 10 : Math.round(ms / 1_000);
  const hours = Math.floor(whole / 3_600);
  const minutes = Math.floor((whole % 3_600) / 60);
  const rest = whole % 60;
  const seconds = fine ? rest.toFixed(1).padStart(4, '0') : String(rest).padStart(2, '0');
  return hours > 0
    ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}`
    : `${minutes}:${seconds}`;
}

/** A value of a metric, as the summary has it. */
export function metricValue(kind: string, contains: string, stat: string, value: number): string {
  if (kind === 'rate') return stat === 'rate' ? formatShare(value) : formatNumber(value);
  if (stat === 'count' && kind === 'trend') return formatNumber(value);
  const text =
    contains === 'time'
      ? formatTime(value)
      : contains === 'data'
        ? formatBytes(value)
        : formatNumber(value);
  return kind === 'counter' && stat === 'rate' ? `${text}/s` : text;
}

/** `1 failure`, `2 failures`. */
export function plural(count: number, noun: string): string {
  return `${digits(count)} ${noun}${count === 1 ? '' : 's'}`;
}
