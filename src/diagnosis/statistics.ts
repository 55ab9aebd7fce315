/** Arithmetic on samples. Everything is pure; empty samples give NaN where there is no answer. */

/** The smallest value. A call with so many arguments would not fit onto the stack. */
export function least(values: readonly number[], most = Infinity): number {
  let found = most;
  for (const value of values) if (value < found) found = value;
  return found;
}

/** The largest value. */
export function greatest(values: readonly number[], atLeast = -Infinity): number {
  let found = atLeast;
  for (const value of values) if (value > found) found = value;
  return found;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which so large a share of the sample lies, between neighbours linearly. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Coefficient of variation: standard deviation by mean. */
export function variation(values: readonly number[]): number {
  const average = mean(values);
  const variance = mean(values.map((value) => (value - average) ** 2));
  return Math.sqrt(variance) / average;
}

/** Variance by mean of counts: 1 for independent events, larger when they come in flocks. */
export function fano(counts: readonly number[]): number {
  const average = mean(counts);
  return average === 0 ? Number.NaN : mean(counts.map((count) => (count - average) ** 2)) / average;
}

export interface Cluster {
  /** What the values gather around. */
  at: number;
  share: number;
  size: number;
}

/** Whether at least four of five values (and five in all) lie close to one that is not small. Seconds. */
export function cluster(values: readonly number[], slack = 0): Cluster | undefined {
  if (values.length < 5) return undefined;
  const at = median(values);
  if (at < 2) return undefined;
  const tolerance = Math.max(0.25, 0.03 * at) + slack;
  const near = values.filter((value) => Math.abs(value - at) <= tolerance).length;
  const share = near / values.length;
  return share >= 0.8 ? { at, share, size: near } : undefined;
}

/** Spearman's rank correlation; ties share their ranks. */
export function spearman(xs: readonly number[], ys: readonly number[]): number {
  const [a, b] = [ranks(xs), ranks(ys)];
  const [ma, mb] = [mean(a), mean(b)];
  let [top, left, right] = [0, 0, 0];
  a.forEach((rank, index) => {
    const [dx, dy] = [rank - ma, (b[index] as number) - mb];
    top += dx * dy;
    left += dx * dx;
    right += dy * dy;
  });
  return left === 0 || right === 0 ? 0 : top / Math.sqrt(left * right);
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const result = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && order[to + 1]?.value === order[from]?.value) to++;
    for (let at = from; at <= to; at++) {
      result[(order[at] as { index: number }).index] = (from + to) / 2;
    }
    from = to + 1;
  }
  return result;
}

/** Distance of Kolmogorov and Smirnov between a sample and the even distribution over a range, 0 to 1. */
export function distanceFromEven(values: readonly number[], from: number, to: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  let distance = 0;
  sorted.forEach((value, index) => {
    const even = Math.min(1, Math.max(0, (value - from) / (to - from)));
    const before = Math.abs(even - index / sorted.length);
    distance = Math.max(distance, before, Math.abs(even - (index + 1) / sorted.length));
  });
  return distance;
}
