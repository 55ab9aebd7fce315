/**
 * Execution segments: the part of one test that this process runs, when several machines run it
 * together without talking to each other. Everything that can be counted (VUs, iterations, starts)
 * is dealt out in stripes that repeat; which element is whose follows from the sequence alone, as in
 * k6, so that the parts together are the whole.
 */
import { limits } from '../limits.ts';

/** The elements of one part: `positions` of every `length`, ascending. Plain data. */
export interface Stripe {
  length: number;
  positions: readonly number[];
  /** As it was written: `1/4:1/2`. */
  text: string;
}

/** How many of the first `count` elements are the stripe's. */
export function stripeCount({ length, positions }: Stripe, count: number): number {
  const rest = count % length;
  let more = 0;
  while (more < positions.length && (positions[more] as number) < rest) more++;
  return Math.floor(count / length) * positions.length + more;
}

/** The number, among all elements, of the stripe's own number `at` (from 0). */
export function stripeElement({ length, positions }: Stripe, at: number): number {
  const { length: own } = positions;
  return Math.floor(at / own) * length + (positions[at % own] as number);
}

/** The part of the whole that is the stripe's, from 0 to 1. */
export function stripePart(stripe: Stripe | undefined): number {
  return stripe === undefined ? 1 : stripe.positions.length / stripe.length;
}

/** A fraction of whole numbers in lowest terms. */
interface Fraction {
  up: number;
  down: number;
}

/**
 * Reads `--execution-segment` and `--execution-segment-sequence`; each may be absent. Throws an Error
 * with one sentence. Undefined when the segment is the whole.
 */
export function parseSegment(
  segment: string | undefined,
  sequence: string | undefined,
): Stripe | undefined {
  const points = sequence === undefined ? undefined : readSequence(sequence);
  if (segment === undefined) {
    if (points === undefined) return undefined;
    throw new Error(
      "needs executionSegment beside it, to say which part is this process's, for example '0:1/4'",
    );
  }
  const [from, to] = readSegment(segment);
  if (isSame(from, zero) && isSame(to, one)) return undefined;
  const all = points ?? distinct([zero, from, to, one]);
  const own = all.findIndex((point, i) => {
    const next = all[i + 1];
    return next !== undefined && isSame(point, from) && isSame(next, to);
  });
  if (own < 0) {
    throw new Error(
      `provided segment ${segment} can't be found in sequence ${sequence}: it has to be two neighbours of it`,
    );
  }
  return { ...stripe(all, own), text: segment };
}

const zero: Fraction = { up: 0, down: 1 };
const one: Fraction = { up: 1, down: 1 };

/**
 * The stripe of one part. Parts are as many elements of a cycle as their length says. Each element
 * goes to the first part, the largest before the smaller, that is not ahead of its even pace.
 */
function stripe(points: readonly Fraction[], own: number): Omit<Stripe, 'text'> {
  const cycle = points.reduce((all, { down }) => (all / gcd(all, down)) * down, 1);
  if (cycle > limits.segmentCycle) {
    throw new Error(
      `its fractions have no common denominator up to ${limits.segmentCycle}; write them as simple fractions, for example 0,1/3,2/3,1`,
    );
  }
  const ends = points.map(({ up, down }) => up * (cycle / down));
  const sizes = ends.slice(1).map((end, i) => end - (ends[i] as number));
  const common = sizes.reduce(gcd);
  const length = cycle / common;
  const parts = sizes
    .map((size, part) => ({ part, size: size / common, chosen: 0 }))
    .toSorted((a, b) => b.size - a.size || a.part - b.part);
  const positions: number[] = [];
  for (let at = 0; at < length; at++) {
    const next = parts.find(({ chosen, size }) => chosen < size && chosen * length <= at * size);
    if (next === undefined) throw new Error('the sequence cannot be dealt out');
    next.chosen++;
    if (next.part === own) positions.push(at);
  }
  return { length, positions };
}

/** The points of a sequence. Throws an Error with one sentence. */
export function readSequence(text: string): Fraction[] {
  const points = text.split(',').map((part) => readFraction(part.trim()));
  const isAscending = points.every(
    (point, i) => i === 0 || isLess(points[i - 1] as Fraction, point),
  );
  if (
    points.length < 2 ||
    !isAscending ||
    !isSame(points[0] as Fraction, zero) ||
    !isSame(points.at(-1) as Fraction, one)
  ) {
    throw new Error(`must go from 0 to 1 in ascending steps, such as 0,1/4,1/2,1, not '${text}'`);
  }
  return points;
}

/** The ends of a segment. Throws an Error with one sentence. */
export function readSegment(text: string): [Fraction, Fraction] {
  const parts = text.split(':');
  // A single number is the part from 0 up to it.
  const [from, to] = (parts.length === 1 ? ['0', ...parts] : parts).map((part) =>
    readFraction(part.trim()),
  );
  if (from === undefined || to === undefined || parts.length > 2) {
    throw new Error(`must be written like '0:1/4' or '25%:50%', not '${text}'`);
  }
  if (!isLess(from, to) || isLess(one, to)) {
    throw new Error(`must begin before it ends and lie between 0 and 1, not '${text}'`);
  }
  return [from, to];
}

/** `1/4`, `0.25` or `25%`. */
function readFraction(text: string): Fraction {
  const match = /^(\d+)(?:\/(\d+)|\.(\d+))?(%)?$/.exec(text);
  if (match === null || (match[2] !== undefined && (Number(match[2]) === 0 || match[4]))) {
    throw new Error(`has to be made of fractions such as 1/4, 0.25 or 25%, not '${text}'`);
  }
  const [, whole = '', under, decimals = '', percent] = match;
  const up = Number(whole + decimals);
  const down =
    (under === undefined ? 10 ** decimals.length : Number(under)) *
    (percent === undefined ? 1 : 100);
  if (!Number.isSafeInteger(up) || !Number.isSafeInteger(down)) {
    throw new Error(`has a number that is too long: '${text}'`);
  }
  const common = gcd(up, down);
  return { up: up / common, down: down / common };
}

function gcd(a: number, b: number): number {
  let [large, small] = [a, b];
  while (small !== 0) [large, small] = [small, large % small];
  return large;
}

function isSame(a: Fraction, b: Fraction): boolean {
  return a.up === b.up && a.down === b.down;
}

function isLess(a: Fraction, b: Fraction): boolean {
  return a.up * b.down < b.up * a.down;
}

function distinct(points: readonly Fraction[]): Fraction[] {
  return points.filter((point, i) => i === 0 || !isSame(point, points[i - 1] as Fraction));
}
