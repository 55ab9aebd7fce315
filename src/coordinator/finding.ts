/** Something of a plan that cannot work. */
import { formatDuration } from '../duration.ts';
import { formatNumber } from '../report/units.ts';
import type { ScenarioPlanInput } from '../script/config.ts';
import { rateUnit } from '../script/rate.ts';

export interface Finding {
  /** The option it is about: `scenarios.login.maxVUs`. */
  path: string;
  /** What cannot work, with the numbers. */
  problem: string;
  /** What to write instead. */
  advice: string;
}

export function findingLine({ path, problem, advice }: Finding): string {
  return `${path}: ${problem}; ${advice}`;
}

/** `scenarios.login.vus` */
export function pathOf({ name }: ScenarioPlanInput, field: string): string {
  return `scenarios.${name}.${field}`;
}

/** `1 call`, `2 calls` */
export function countOf(count: number, noun: string): string {
  return `${formatNumber(count, 2)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `40/s`, `300/min` or `5 each 10s`; cut and not rounded, since it is the most there can be. */
export function perTime(count: number, timeMs: number): string {
  const unit = rateUnit(timeMs);
  const number = formatNumber(Math.floor(count * 100 + 1e-6) / 100, 2);
  return unit === undefined ? `${number} each ${formatDuration(timeMs)}` : `${number}/${unit}`;
}

/** A duration as one would write it: up to the next second, or the next millisecond below one. */
export function writable(ms: number): string {
  const step = ms < 1_000 ? 1 : 1_000;
  return formatDuration(Math.ceil(ms / step - 1e-6) * step);
}
