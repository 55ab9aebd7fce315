import fc from 'fast-check';
import { Float64Histogram } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import type { MetricContains } from '../src/metrics/contract.ts';
import { Trend } from '../src/metrics/trend.ts';

function trendOf(values: readonly number[], contains: MetricContains = 'time'): Trend {
  const trend = new Trend(contains);
  for (const value of values) trend.add(value);
  return trend;
}

/** k6's definition, on the values themselves. */
function exactPercentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (percent / 100) * (sorted.length - 1);
  const lower = sorted[Math.floor(position)] as number;
  const upper = sorted[Math.ceil(position)] as number;
  return lower + (upper - lower) * (position - Math.floor(position));
}

const percents = [0, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 100];

describe('a trend', () => {
  it('agrees with the sorted samples to 0.1 % and half a microsecond', () => {
    const time = fc.oneof(
      fc.double({ min: 0, max: 10, noNaN: true }),
      fc.double({ min: 0, max: 60_000, noNaN: true }),
      fc.double({ min: 0, max: 1e10, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 300 }), (values) => {
        const trend = trendOf(values);
        for (const percent of percents) {
          const exact = exactPercentile(values, percent);
          const error = Math.abs(trend.percentile(percent) - exact);
          expect(error).toBeLessThanOrEqual(exact * 0.001 + 0.000_501);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps 0.1 % for plain numbers of any sign and size', () => {
    const number = fc.oneof(
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: -1e20, max: 1e20, noNaN: true }),
      fc.integer(),
    );
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 100 }), (values) => {
        const trend = trendOf(values, 'default');
        const sorted = values.toSorted((a, b) => a - b);
        for (const percent of percents) {
          const position = (percent / 100) * (sorted.length - 1);
          const neighbours = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
          const size = Math.max(...neighbours.map((one) => Math.abs(one as number)));
          const allowed = size * 0.001 + 1e-9;
          const error = Math.abs(trend.percentile(percent) - exactPercentile(values, percent));
          expect(error).toBeLessThanOrEqual(allowed);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('grows with the percentile and never leaves minimum and maximum', () => {
    const number = fc.double({ min: -1e300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 100 }), (values) => {
        const trend = trendOf(values, 'default');
        const results = percents.map((percent) => trend.percentile(percent) + 0);
        expect(results).toEqual(results.toSorted((a, b) => a - b));
        expect(results[0]).toBe(Math.min(...values) + 0);
        expect(results.at(-1)).toBe(Math.max(...values) + 0);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps count, sum, minimum and maximum exactly', () => {
    const trend = trendOf([0.339_2, 1.64, 987_654.321]);
    expect([trend.count, trend.min, trend.max]).toEqual([3, 0.339_2, 987_654.321]);
    expect(trend.sum).toBe(0.339_2 + 1.64 + 987_654.321);
  });

  it('finds the cell the library finds', () => {
    const histogram = new Float64Histogram(1, 2 ** 52, 3);
    const values = [0, 1, 1023, 1024, 2047, 2048, 2049, 4095, 4096, 65_535, 65_536, 2 ** 31 - 1];
    values.push(
      2 ** 31,
      2 ** 31 + 5,
      2 ** 40 - 1,
      ...Array.from({ length: 2000 }, (_, i) => i ** 2),
    );
    for (const units of values) {
      const trend = trendOf([units / 1_000]);
      const index = histogram.countsArrayIndex(Math.round((units / 1_000) * 1_000));
      expect(trend.take()?.decks).toEqual([
        { deck: 4, indices: Uint32Array.of(index), counts: Float64Array.of(1) },
      ]);
    }
  });

  it('is empty again after it was taken, and whole after it was merged', () => {
    const values = [1, -2.5, 3e13, 0.000_4, 0, 250, 250, 250];
    const trend = trendOf(values, 'default');
    const merged = new Trend('default');
    merged.merge(trend.take() as NonNullable<ReturnType<Trend['take']>>);
    expect(trend.count).toBe(0);
    expect(trend.take()).toBeUndefined();
    expect(merged.take()).toEqual(trendOf(values, 'default').take());
  });

  it('answers 0 while it is empty', () => {
    expect(new Trend('time').percentile(95)).toBe(0);
  });
});
