import fc from 'fast-check';
import { expect, it } from 'vitest';
import { filledCells, Trend } from '../src/metrics/trend.ts';
import { packTrend, unpackTrend } from '../src/results/packed-trend.ts';

it('keeps every value of a distribution to 0.8 %, and count, sum, least and most exactly', () => {
  const value = fc.oneof(
    fc.double({ min: -1e15, max: 1e15, noNaN: true }),
    fc.double({ min: 0, max: 5_000, noNaN: true }),
    fc.integer({ min: 0, max: 300 }).map((units) => units / 1_000),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), (values) => {
      const trend = new Trend('time');
      for (const one of values) trend.add(one);
      const delta = trend.take();
      if (delta === undefined) throw new Error('nothing was taken');
      const { count, sum, min, max } = delta;
      const unpacked = unpackTrend(count, sum, min, max, packTrend(delta));
      expect(unpacked.count).toBe(values.length);
      const before = filledCells(delta).flatMap((cell) =>
        Array.from({ length: cell.count }, () => cell.value),
      );
      const after = filledCells(unpacked).flatMap((cell) =>
        Array.from({ length: cell.count }, () => cell.value),
      );
      expect(after).toHaveLength(before.length);
      before.forEach((one, i) => {
        // Half a wide cell, and what an ordinary one is wide.
        expect(Math.abs((after[i] as number) - one)).toBeLessThanOrEqual(
          Math.abs(one) * 0.0089 + 1e-9,
        );
      });
      const merged = new Trend('time');
      merged.merge(unpacked);
      expect(merged.percentile(0)).toBe(Math.min(...values));
      expect(merged.percentile(100)).toBe(Math.max(...values));
    }),
  );
});

it('says so when a distribution is cut off', () => {
  expect(() => unpackTrend(1, 1, 1, 1, 'EBz')).toThrow('ends too early');
});
