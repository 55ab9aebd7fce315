import { expect, test } from 'vitest';
import { makePlan } from '../src/coordinator/plan.ts';
import type { RunConfig } from '../src/script/config.ts';
import { describeScenarios, maxDurationMs } from '../src/script/describe.ts';
import { consolidate } from '../src/script/options.ts';

function configOf(options: object) {
  return consolidate(
    { env: {}, flags: {}, scriptEnv: {} },
    { functions: ['default', 'login'], optionsJson: JSON.stringify(options) },
    { version: '0' },
  );
}

function described(config: RunConfig): string[] {
  return describeScenarios(config, makePlan(config, 1).vus);
}

const scenarios = {
  si: { executor: 'shared-iterations', vus: 2, iterations: 10, maxDuration: '2s' },
  cv: { executor: 'constant-vus', duration: '2s', gracefulStop: '1s' },
  pv: { executor: 'per-vu-iterations', vus: 2, iterations: 3, maxDuration: '2s', exec: 'login' },
  rv: {
    executor: 'ramping-vus',
    startVUs: 0,
    stages: [
      { duration: '1s', target: 3 },
      { duration: '1s', target: 0 },
    ],
    gracefulRampDown: 0,
  },
  late: { executor: 'constant-vus', vus: 9, duration: '1m', startTime: '40s', gracefulStop: 0 },
};

test('scenarios are described in the order they start, under a headline', () => {
  expect(described(configOf({ scenarios }))).toEqual([
    '(100.00%) 5 scenarios, 9 max VUs, 1m40s max duration (incl. graceful stop):',
    '* cv: 1 looping VUs for 2s (gracefulStop: 1s)',
    '* pv: 3 iterations for each of 2 VUs (maxDuration: 2s, exec: login, gracefulStop: 30s)',
    '* rv: Up to 3 looping VUs for 2s over 2 stages (gracefulRampDown: 0s, gracefulStop: 30s)',
    '* si: 10 iterations shared among 2 VUs (maxDuration: 2s, gracefulStop: 30s)',
    '* late: 9 looping VUs for 1m (startTime: 40s)',
  ]);
});

test('a run without options is one iteration in one VU', () => {
  expect(described(configOf({}))).toEqual([
    '(100.00%) 1 scenario, 1 max VUs, 10m30s max duration (incl. graceful stop):',
    '* default: 1 iterations for each of 1 VUs (maxDuration: 10m, gracefulStop: 30s)',
  ]);
});

test('VUs are counted together only while their scenarios overlap', () => {
  const config = configOf({ scenarios });
  expect(makePlan(config, 1).vus).toBe(9);
  expect(maxDurationMs(config)).toBe(100_000);
  // By then the ramp is down to the one VU that its graceful stop may still need.
  expect(
    makePlan(
      configOf({ scenarios: { ...scenarios, late: { ...scenarios.late, startTime: '31s' } } }),
      1,
    ).vus,
  ).toBe(14);
});
