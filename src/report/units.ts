/** How numbers look: k6's habits, always with their unit. */

export type TimeUnit = '' | 's' | 'ms' | 'us';

/** Cut, not rounded: 98.857 % must not read as 98.86 %. The detour over text undoes binary noise. */
function truncate(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.trunc(Number((value * scale).toPrecision(15))) / scale;
}

/** At most `decimals` places, without trailing zeros. */
export function formatNumber(value: number, decimals = 6): string {
  if (!Number.isFinite(value)) return String(value);
  const text = value.toFixed(decimals);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** A time in milliseconds, in the unit asked for or the one that fits: `10.73ms`, `1m2.5s`. */
export function formatTime(ms: number, unit: TimeUnit = ''): string {
  if (!Number.isFinite(ms)) return String(ms);
  if (unit === 's') return `${(ms / 1_000).toFixed(2)}s`;
  if (unit === 'ms') return `${ms.toFixed(2)}ms`;
  if (unit === 'us') return `${(ms * 1_000).toFixed(2)}µs`;
  const sign = ms < 0 ? '-' : '';
  const size = Math.abs(ms);
  if (size === 0) return '0s';
  if (size < 1e-3) return `${sign}${truncate(size * 1e6, 2)}ns`;
  if (size < 1) return `${sign}${truncate(size * 1e3, 2)}µs`;
  if (size < 1_000) return `${sign}${truncate(size, 2)}ms`;
  const minutes = Math.floor(size / 60_000);
  const seconds = `${truncate((size - minutes * 60_000) / 1_000, 2)}s`;
  if (minutes === 0) return sign + seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0
    ? `${sign}${minutes}m${seconds}`
    : `${sign}${hours}h${minutes - hours * 60}m${seconds}`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes in powers of 1000: `23 kB`, `7.5 kB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return `${bytes} B`;
  let value = bytes;
  let step = 0;
  // 999.5 and more would be rounded to 1000 of the smaller unit.
  while (Math.abs(value) >= (step === 0 ? 1_000 : 999.5) && step < byteUnits.length - 1) {
    value /= 1_000;
    step += 1;
  }
  const digits = step > 0 && Math.abs(value) < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${byteUnits[step]}`;
}

/** A share between 0 and 1, as a percentage cut to two places: `98.85%`. */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? `${truncate(share * 100, 2).toFixed(2)}%` : '0.00%';
}

/** How long something has been going on, to a tenth of a second: `03.0s`, `1m03.0s`. */
export function formatElapsed(ms: number): string {
  const tenths = Number.isFinite(ms) ? Math.floor(Math.max(0, ms) / 100) : 0;
  const seconds = `${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}s`;
  const minutes = Math.floor(tenths / 600);
  if (minutes === 0) return seconds;
  if (minutes < 60) return `${minutes}m${seconds}`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m${seconds}`;
}
