/** The conditions under which thresholds may be looked at and changed. */
import type { Conditions } from './run.ts';

export const tune: readonly Conditions[] = [
  { scale: 0.1, seed: 1, users: 1, shape: 'arrivals' },
  { scale: 0.1, seed: 2, users: 1, shape: 'ramp' },
];
