/** The conditions that rules are measured under, and never adjusted to. */
import type { Conditions } from './run.ts';

export const heldOut: readonly Conditions[] = [
  { scale: 0.08, seed: 4_711, users: 1.1, shape: 'ramp' },
  { scale: 0.12, seed: 90_210, users: 1.2, shape: 'arrivals' },
  { scale: 0.2, seed: 31_337, users: 1.05, shape: 'ramp' },
];
