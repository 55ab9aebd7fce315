import type { RunProgress, ScenarioProgress } from '../src/coordinator/contract.ts';

export const scenario = (more: Partial<ScenarioProgress>): ScenarioProgress => ({
  name: 'default',
  executor: 'constant-vus',
  state: 'running',
  progress: 0.33,
  vusActive: 2,
  vusMax: 2,
  elapsedMs: 1_000,
  durationMs: 3_000,
  waitMs: 0,
  iterationsDone: 18,
  iterationsTotal: undefined,
  ...more,
});

export const progress = (more: Partial<RunProgress> = {}): RunProgress => ({
  phase: 'running',
  elapsedMs: 1_000,
  vusActive: 2,
  vusInitialized: 2,
  vusMax: 2,
  iterationsComplete: 18,
  iterationsInterrupted: 0,
  iterationsFailed: 0,
  iterationsPerSecond: 18,
  socketsOpen: 2,
  httpReqs: 36,
  httpFailed: 0,
  httpP95: 2.9,
  wsSessions: 0,
  wsFailed: 0,
  checksPassed: 54,
  checksFailed: 0,
  scenarios: [scenario({})],
  ...more,
});
