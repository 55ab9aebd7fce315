import type { HealthSecond } from '../health/contract.ts';
import { limits } from '../limits.ts';
import { type FilledCell, filledCells } from '../metrics/trend.ts';
import type {
  GaugeOfSecond,
  ResultSecond,
  SumOfSecond,
  TrendOfSecond,
} from '../results/contract.ts';
import { unpackTrend } from '../results/packed-trend.ts';
import { cellsPerDecade, type PagePoint, type TrendOfPoint } from './page-data.ts';

/** Trends whose distribution nobody looks at, and which are many. */
const plain =
  /^(vurun_|http_req_(blocked|connecting|tls_handshaking|sending|receiving)|group_duration|iteration_lateness)/;

/** The seconds of a run as points; a run of more seconds than a chart shows has several in each. */
export function pagePoints(seconds: readonly ResultSecond[]): PagePoint[] {
  const each = Math.max(1, Math.ceil(seconds.length / limits.reportPoints));
  const points: PagePoint[] = [];
  const maker = new PointMaker();
  for (let from = 0; from < seconds.length; from += each) {
    points.push(maker.point(seconds.slice(from, from + each)));
  }
  return points;
}

/** Makes points in the order of time. */
export class PointMaker {
  #before = 0;
  readonly #drawn = new Set<string>();

  point(seconds: readonly ResultSecond[]): PagePoint {
    const t = seconds.at(-1)?.t ?? this.#before;
    const length = Math.max(1, t - this.#before);
    this.#before = t;
    const sums: Record<string, SumOfSecond> = {};
    const gauges: Record<string, GaugeOfSecond> = {};
    const trends = new Map<string, TrendOfSecond[]>();
    const parts: Record<string, Record<string, number>> = {};
    let health: HealthSecond | undefined;
    for (const second of seconds) {
      for (const [name, [count, sum]] of Object.entries(second.sums)) {
        const known = sums[name];
        sums[name] = known ? [known[0] + count, known[1] + sum] : [count, sum];
      }
      for (const [name, [value, min, max]] of Object.entries(second.gauges)) {
        const known = gauges[name];
        gauges[name] = [value, Math.min(known?.[1] ?? min, min), Math.max(known?.[2] ?? max, max)];
      }
      for (const [name, trend] of Object.entries(second.trends)) {
        const known = trends.get(name);
        if (known) known.push(trend);
        else trends.set(name, [trend]);
      }
      for (const [name, counts] of Object.entries(second.parts)) {
        const known = (parts[name] ??= {});
        for (const [part, count] of Object.entries(counts)) {
          known[part] = (known[part] ?? 0) + count;
        }
      }
      if (second.health !== undefined) health = worse(health, second.health);
    }
    const cells: Record<string, number[]> = {};
    const shown: Record<string, TrendOfPoint> = {};
    for (const [name, some] of trends) {
      const filled = merged(some);
      shown[name] = trendOf(some, filled);
      if (this.#draws(name)) cells[name] = cellsOf(filled);
    }
    return { t, length, sums, gauges, trends: shown, cells, parts, ...(health && { health }) };
  }

  #draws(name: string): boolean {
    if (this.#drawn.has(name)) return true;
    if (plain.test(name) || this.#drawn.size >= limits.reportDistributions) return false;
    this.#drawn.add(name);
    return true;
  }
}

function merged(trends: readonly TrendOfSecond[]): readonly FilledCell[] {
  const lists = trends.map((trend) => filledCells(unpackTrend(...trend)));
  const only = lists[0];
  if (lists.length === 1 && only !== undefined) return only;
  const counts = new Map<number, number>();
  for (const { value, count } of lists.flat()) counts.set(value, (counts.get(value) ?? 0) + count);
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => a.value - b.value);
}

function trendOf(some: readonly TrendOfSecond[], cells: readonly FilledCell[]): TrendOfPoint {
  const count = some.reduce((sum, trend) => sum + trend[0], 0);
  const sum = some.reduce((all, trend) => all + trend[1], 0);
  const min = Math.min(...some.map((trend) => trend[2]));
  const max = Math.max(...some.map((trend) => trend[3]));
  const at = (share: number): number => {
    const rank = share * (count - 1);
    let seen = 0;
    for (const cell of cells) {
      seen += cell.count;
      if (seen > rank) return brief(Math.min(max, Math.max(min, cell.value)));
    }
    return max;
  };
  return [count, brief(sum), brief(min), brief(max), at(0.5), at(0.9), at(0.95), at(0.99)];
}

/** A cell and its count by turns; what is not above 0 is with the least that is. */
function cellsOf(filled: readonly FilledCell[]): number[] {
  const counts = new Map<number, number>();
  for (const { value, count } of filled) {
    const cell = Math.floor(Math.log10(Math.max(1e-3, value)) * cellsPerDecade);
    counts.set(cell, (counts.get(cell) ?? 0) + count);
  }
  return [...counts].flat();
}

/** As exactly as the cells of a second are known, and no longer. */
function brief(value: number): number {
  return Number(value.toPrecision(5));
}

function worse(a: HealthSecond | undefined, b: HealthSecond): HealthSecond {
  if (a === undefined) return b;
  const most = (key: keyof HealthSecond): object => {
    const value = Math.max(a[key] ?? Number.NaN, b[key] ?? Number.NaN);
    return Number.isNaN(value) ? {} : { [key]: value };
  };
  return {
    ...b,
    length: a.length + b.length,
    ...most('delayMedian'),
    ...most('delayP99'),
    ...most('delayMax'),
    ...most('utilization'),
    ...most('cpu'),
    ...most('hostCpu'),
    ...most('rss'),
    ...most('files'),
    ...most('ports'),
    ...most('timeWait'),
    ...most('openHttp'),
    ...most('openWs'),
    gc: a.gc + b.gc,
    gcMax: Math.max(a.gcMax, b.gcMax),
  };
}
