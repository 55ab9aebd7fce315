import type { PageData, PagePoint } from '../page-data.ts';

/** By point: null where there is nothing, undefined where a line goes on regardless. */
export type Values = (number | null | undefined)[];

/** Seconds since the start, both included. */
export type Range = readonly [from: number, to: number];

/** The data, and the stretch of time everybody looks at. */
export class Model {
  data: PageData;
  #range: Range | undefined;
  readonly #listeners: (() => void)[] = [];

  constructor(data: PageData) {
    this.data = data;
  }

  get points(): readonly PagePoint[] {
    return this.data.points;
  }
  /** Undefined while all of the run is shown. */
  get range(): Range | undefined {
    return this.#range;
  }
  /** From 0 to the end of the last point. */
  get whole(): Range {
    return [0, Math.max(1, (this.points.at(-1)?.t ?? 0) / 1_000)];
  }

  /** Looks at a part of the run, or with undefined at all of it. */
  zoom(range: Range | undefined): void {
    this.#range = range;
    for (const listener of this.#listeners) listener();
  }

  onZoom(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Points of the stretch that is looked at. */
  inRange(): readonly PagePoint[] {
    const range = this.#range;
    if (range === undefined) return this.points;
    return this.points.filter(({ t }) => t / 1_000 >= range[0] && t / 1_000 <= range[1]);
  }

  /** Seconds of each point's end. */
  times(): number[] {
    return this.points.map(({ t }) => t / 1_000);
  }

  /** A counter's rate a second, point by point; where it has nothing it is 0. */
  rate(name: string): number[] {
    return this.points.map(({ sums, length }) => perSecond(sums[name]?.[1] ?? 0, length));
  }

  /** Whether any sample was recorded of a metric. */
  has(name: string): boolean {
    return this.points.some(
      ({ sums, gauges, trends }) =>
        (sums[name]?.[0] ?? trends[name]?.[0] ?? 0) > 0 || name in gauges,
    );
  }

  /** Whether a counter came to anything. */
  counted(name: string): boolean {
    return this.points.some(({ sums }) => (sums[name]?.[1] ?? 0) > 0);
  }

  /** A gauge keeps its value until it has another. */
  gauge(name: string): (number | null)[] {
    let last: number | null = null;
    return this.points.map(({ gauges }) => (last = gauges[name]?.[0] ?? last));
  }

  /** Stat of a trend, by its position in a point. */
  trend(name: string, stat: 0 | 2 | 3 | 4 | 5 | 6 | 7): Values {
    const { points } = this;
    const at = (i: number): number | undefined => points[i]?.trends[name]?.[stat];
    // What shards tell once a second may come a little late: one point without is no gap.
    return points.map(
      (_, i) => at(i) ?? (at(i - 1) === undefined || at(i + 1) === undefined ? null : undefined),
    );
  }

  /** What tells the parts of a metric apart, with their totals, the most frequent first. */
  parts(metric: string, points = this.points): [part: string, count: number][] {
    const totals = new Map<string, number>();
    for (const point of points) {
      for (const [part, count] of Object.entries(point.parts[metric] ?? {})) {
        totals.set(part, (totals.get(part) ?? 0) + count);
      }
    }
    return [...totals].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  }

  partRate(metric: string, belongs: (part: string) => boolean): number[] {
    return this.points.map(({ parts, length }) => {
      let sum = 0;
      for (const [part, count] of Object.entries(parts[metric] ?? {}))
        if (belongs(part)) sum += count;
      return perSecond(sum, length);
    });
  }

  /** A value of a metric at the end of the run. */
  final(name: string, stat: string): number | undefined {
    return this.data.end?.metrics.find((metric) => metric.name === name)?.values[stat];
  }
}

/** The last point may be a small part of a second: what fell into it is not a rate to be scaled up. */
function perSecond(count: number, length: number): number {
  return (count * 1_000) / Math.max(950, length);
}

/** A distribution over some points: counts by cell, in order. */
export function cellsOver(
  points: readonly PagePoint[],
  metric: string,
): [cell: number, count: number][] {
  const counts = new Map<number, number>();
  for (const { cells } of points) {
    const list = cells[metric];
    if (list === undefined) continue;
    for (let i = 0; i < list.length; i += 2) {
      const cell = list[i] as number;
      counts.set(cell, (counts.get(cell) ?? 0) + (list[i + 1] as number));
    }
  }
  return [...counts].sort((a, b) => a[0] - b[0]);
}
