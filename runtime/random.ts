/** `Math.random` with a seed: the same run seed gives each VU the same sequence again. */
import { Fact, Op } from './contract/ops.ts';
import { op } from './host.ts';

// sfc32: small, fast, and good enough for load shapes; not for secrets (crypto is).
let a = 0;
let b = 0;
let c = 0;
let counter = 1;

function next(): number {
  const t = (a + b + counter) | 0;
  counter = (counter + 1) | 0;
  a = b ^ (b >>> 9);
  b = (c + (c << 3)) | 0;
  c = ((c << 21) | (c >>> 11)) + t;
  return t >>> 0;
}

/** Starts the sequence anew from 32 bits. */
export function seedRandom(seed: number): void {
  a = 0x9e3779b9;
  b = seed | 0;
  c = (seed / 4294967296) | 0;
  counter = 1;
  for (let i = 0; i < 12; i++) next();
}

let seeded = false;
Math.random = (): number => {
  // The seed is asked for at the first draw, so that a VU whose init draws nothing can be forked.
  if (!seeded) {
    seeded = true;
    seedRandom(op(Op.factNumber, Fact.randomSeed) as number);
  }
  return (next() * 2097152 + (next() >>> 11)) / 9007199254740992;
};

/** k6's randomSeed: the script chooses the sequence. */
export function reseed(seed: number): void {
  seeded = true;
  seedRandom(seed);
}
