import { expect, test } from 'vitest';
import {
  formatBytes,
  formatElapsed,
  formatNumber,
  formatShare,
  formatTime,
} from '../src/report/units.ts';

test.each([
  [0, '0s'],
  [0.0000015, '1.5ns'],
  [0.00152, '1.52µs'],
  [0.3392, '339.2µs'],
  [1.1399, '1.13ms'],
  [1.13, '1.13ms'],
  [2.9, '2.9ms'],
  [999.999, '999.99ms'],
  [1_000, '1s'],
  [1_234.5, '1.23s'],
  [59_999.9, '59.99s'],
  [60_000, '1m0s'],
  [62_500, '1m2.5s'],
  [3_723_000, '1h2m3s'],
  [-1.5, '-1.5ms'],
])('%d milliseconds read %s', (ms, text) => {
  expect(formatTime(ms)).toBe(text);
});

test('a time in a fixed unit has two places', () => {
  expect([formatTime(1.5, 's'), formatTime(1.5, 'ms'), formatTime(1.5, 'us')]).toEqual([
    '0.00s',
    '1.50ms',
    '1500.00µs',
  ]);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [7_542, '7.5 kB'],
  [9_960, '10 kB'],
  [23_012, '23 kB'],
  [999_700, '1.0 MB'],
  [5_000_000_000, '5.0 GB'],
])('%d bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('shares are cut, never rounded up to a success they are not', () => {
  expect([0, 172 / 174, 2 / 174, 0.99999, 1].map(formatShare)).toEqual([
    '0.00%',
    '98.85%',
    '1.14%',
    '99.99%',
    '100.00%',
  ]);
});

test('numbers lose the zeros that say nothing', () => {
  expect([174, 57.219294, 0.5, 10, 1e-9].map((n) => formatNumber(n))).toEqual([
    '174',
    '57.219294',
    '0.5',
    '10',
    '0',
  ]);
});

test.each([
  [300, '00.3s'],
  [3_000, '03.0s'],
  [63_000, '1m03.0s'],
  [3_723_400, '1h02m03.4s'],
])('%d elapsed milliseconds read %s', (ms, text) => {
  expect(formatElapsed(ms)).toBe(text);
});
