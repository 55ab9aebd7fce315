/** The plan check is arithmetic: each table says what is found, and what is not. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { findingLine } from '../src/coordinator/finding.ts';
import { makePlan } from '../src/coordinator/plan.ts';
import { checkPlan } from '../src/coordinator/plan-check.ts';
import { type Machine, readMachine } from '../src/health/machine.ts';
import { createRegistry } from '../src/metrics/registry.ts';
import { parseThresholds } from '../src/metrics/threshold.ts';
import type { ScenarioPlanInput } from '../src/script/config.ts';
import { consolidate } from '../src/script/options.ts';

type Arrivals =
  | Extract<ScenarioPlanInput, { executor: 'constant-arrival-rate' }>
  | Extract<ScenarioPlanInput, { executor: 'ramping-arrival-rate' }>;

/** What is found in a plan: a script's options, and arrival-rate scenarios beside its own. */
function found(options: object, machine: Machine = {}, arrivals: Arrivals[] = []): string[] {
  const config = consolidate(
    { env: {}, flags: {}, scriptEnv: {} },
    { functions: ['default'], optionsJson: JSON.stringify(options) },
    { version: '0' },
  );
  const registry = createRegistry();
  const { rules } = parseThresholds(config.thresholds, (name) => registry.get(name));
  const own = 'scenarios' in options || arrivals.length === 0 ? config.scenarios : [];
  return checkPlan(
    {
      config: { ...config, scenarios: [...own, ...arrivals] },
      rules,
      vus: makePlan(config, 1).vus,
    },
    machine,
  ).map(findingLine);
}

const arrivals = {
  name: 'a',
  startTimeMs: 0,
  gracefulStopMs: 30_000,
  exec: 'default',
  env: {},
  tags: {},
  preAllocatedVUs: 1_000,
  maxVUs: 1_000,
  whenBusy: 'drop',
} as const;
const constant = (
  given: Partial<Extract<ScenarioPlanInput, { executor: 'constant-arrival-rate' }>>,
): Extract<ScenarioPlanInput, { executor: 'constant-arrival-rate' }> => ({
  ...arrivals,
  executor: 'constant-arrival-rate',
  rate: 50,
  timeUnitMs: 1_000,
  durationMs: 60_000,
  ...given,
});
const ramping = (
  given: Partial<Extract<ScenarioPlanInput, { executor: 'ramping-arrival-rate' }>>,
): Extract<ScenarioPlanInput, { executor: 'ramping-arrival-rate' }> => ({
  ...arrivals,
  executor: 'ramping-arrival-rate',
  startRate: 0,
  timeUnitMs: 1_000,
  stages: [{ durationMs: 60_000, target: 50 }],
  ...given,
});
const looping = { executor: 'constant-vus', vus: 200, duration: '1m' };
const one = (scenario: object, more: object = {}) => ({ scenarios: { a: scenario }, ...more });

type Case = [name: string, options: object, arrivals: Arrivals[], ...lines: string[]];
function tell(cases: Case[]): void {
  test.each(
    cases.map(([name, options, arrivals, ...lines]) => ({ name, options, arrivals, lines })),
  )('$name', ({ options, arrivals, lines }) => {
    expect(found(options, {}, arrivals)).toEqual(lines);
  });
}

describe('a wanted rate', () => {
  const wants = (expression: string, metric = 'iterations') => ({
    thresholds: { [metric]: [expression] },
  });
  tell([
    [
      'is out of reach for too few VUs',
      one({ ...looping, iterationTakes: '5s' }, wants('rate>=50')),
      [],
      "thresholds.iterations: 200 VUs with 5s per iteration give at most 40/s, and the threshold 'rate>=50' wants at least 50/s; use 250 VUs, or iterations of at most 4s",
    ],
    ['is just reached', one({ ...looping, iterationTakes: '5s' }, wants('rate>=40')), []],
    [
      'is not exceeded by what just reaches it',
      one({ ...looping, iterationTakes: '5s' }, wants('rate>40')),
      [],
      "thresholds.iterations: 200 VUs with 5s per iteration give at most 40/s, and the threshold 'rate>40' wants more than 40/s; use 201 VUs, or iterations shorter than 5s",
    ],
    ['is not judged without a declaration', one(looping, wants('rate>1000')), []],
    ['may be an upper bound', one({ ...looping, iterationTakes: '5s' }, wants('rate<1000')), []],
    [
      'is bounded by minIterationDuration as well',
      { vus: 10, duration: '1m', minIterationDuration: '2s', ...wants('rate>=6') },
      [],
      "thresholds.iterations: 10 VUs with 2s per iteration give at most 5/s, and the threshold 'rate>=6' wants at least 6/s; use 12 VUs, or iterations of at most 1.666s",
    ],
    [
      'may be declared for shortcuts',
      { vus: 10, duration: '1m', iterationTakes: '2s', ...wants('rate>5') },
      [],
      "thresholds.iterations: 10 VUs with 2s per iteration give at most 5/s, and the threshold 'rate>5' wants more than 5/s; use 11 VUs, or iterations shorter than 2s",
    ],
    [
      'is that of the whole run, ramps included',
      one(
        {
          executor: 'ramping-vus',
          startVUs: 0,
          stages: [{ duration: '100s', target: 100 }],
          iterationTakes: '1s',
        },
        wants('rate>60'),
      ),
      [],
      "thresholds.iterations: 100 VUs with 1s per iteration give at most 5100 iterations in 1m40s, 51/s on average, and the threshold 'rate>60' wants more than 60/s; use more VUs, hold the load longer or shorten the iterations",
    ],
    [
      'of one scenario is held against that scenario',
      {
        scenarios: {
          few: { ...looping, vus: 2, iterationTakes: '1s' },
          many: { ...looping, iterationTakes: '1s' },
        },
        thresholds: { 'iterations{scenario:few}': ['rate>=5'], iterations: ['rate>=5'] },
      },
      [],
      `thresholds["iterations{scenario:few}"]: 2 VUs with 1s per iteration give at most 2/s, and the threshold 'rate>=5' wants at least 5/s; use 5 VUs, or iterations of at most 400ms`,
    ],
    [
      'of all scenarios counts them all',
      {
        scenarios: {
          a: { ...looping, vus: 2, iterationTakes: '1s' },
          b: { ...looping, vus: 3, iterationTakes: '1s' },
        },
        ...wants('rate>=6'),
      },
      [],
      "thresholds.iterations: all scenarios together give at most 5/s, and the threshold 'rate>=6' wants at least 6/s; raise the load or lower the threshold",
    ],
    [
      'is not judged when one scenario of several says nothing',
      {
        scenarios: { a: { ...looping, vus: 2, iterationTakes: '1s' }, b: looping },
        ...wants('rate>=6'),
      },
      [],
    ],
    [
      'of other tags is not judged',
      one(
        { ...looping, iterationTakes: '5s' },
        { thresholds: { 'iterations{group:x}': ['rate>50'] } },
      ),
      [],
    ],
    [
      'of requests counts declared calls',
      one(
        { ...looping, iterationTakes: '5s', callsPerIteration: 2 },
        wants('rate>=100', 'http_reqs'),
      ),
      [],
      "thresholds.http_reqs: 200 VUs with 5s per iteration and 2 calls each give at most 80/s, and the threshold 'rate>=100' wants at least 100/s; use 250 VUs, or iterations of at most 4s",
    ],
    [
      'of requests is not judged when nobody says how many an iteration makes',
      one({ ...looping, iterationTakes: '5s' }, wants('rate>=100', 'http_reqs')),
      [],
    ],
    [
      'of requests is beyond rps',
      { vus: 5, duration: '1m', rps: 10, ...wants('rate>=50', 'http_reqs') },
      [],
      "thresholds.http_reqs: rps allows at most 10/s, and the threshold 'rate>=50' wants at least 50/s; write rps: 50 or leave it out",
    ],
    [
      'is nothing a duration states',
      one({ ...looping, iterationTakes: '5s' }, wants('avg<5', 'http_req_duration')),
      [],
    ],
    [
      'is above the rate of starts',
      wants('rate>60'),
      [constant({})],
      "thresholds.iterations: starts at 50/s in up to 1000 VUs give at most 50/s, and the threshold 'rate>60' wants more than 60/s; raise the load or lower the threshold",
    ],
    [
      'is above what a ramp of starts gives on average',
      wants('rate>30'),
      [ramping({})],
      "thresholds.iterations: starts at 50/s in up to 1000 VUs give at most 1500 iterations in 1m, 25/s on average, and the threshold 'rate>30' wants more than 30/s; use more VUs, hold the load longer or shorten the iterations",
    ],
  ]);

  test('is wanted of this part of a test alone', () => {
    const options = (segment: string, rate: number): object => ({
      scenarios: {
        s: { executor: 'constant-vus', vus: 100, duration: '1m', iterationTakes: '1s' },
        one: { executor: 'constant-vus', vus: 1, duration: '1m', iterationTakes: '1s' },
      },
      thresholds: {
        'iterations{scenario:s}': [`rate>${rate}`],
        'iterations{scenario:one}': ['count>0'],
      },
      ...(segment === '' ? {} : { executionSegment: segment }),
    });
    expect(found(options('', 90))).toEqual([]);
    expect(found(options('0:1/2', 40))).toEqual([]);
    expect(found(options('1/2:1', 90))).toEqual([
      'thresholds["iterations{scenario:s}"]: 50 VUs with 1s per iteration give at most 50/s, and the threshold \'rate>90\' wants more than 90/s; lower the threshold to what this part of the test can give',
      'thresholds["iterations{scenario:one}"]: 0 VUs with 1s per iteration give at most 0 iterations, and the threshold \'count>0\' wants more than 0; lower the threshold to what this part of the test can give',
    ]);
    expect(
      found({ ...options('0:1/2', 40), rps: 60, thresholds: { http_reqs: ['rate>40'] } }),
    ).toEqual([
      "thresholds.http_reqs: rps allows at most 30/s, and the threshold 'rate>40' wants more than 40/s; lower the threshold to what this part of the test can give",
    ]);
  });

  test('may be a number of iterations', () => {
    const plan = one({ ...looping, iterationTakes: '5s' }, wants('count>=5000'));
    expect(found(plan)).toEqual([
      "thresholds.iterations: 200 VUs with 5s per iteration give at most 2400 iterations, and the threshold 'count>=5000' wants at least 5000; use more VUs, a longer test or shorter iterations",
    ]);
    expect(found(one({ ...looping, iterationTakes: '5s' }, wants('count>=2400')))).toEqual([]);
  });
});

describe('iterations', () => {
  const shared = {
    executor: 'shared-iterations',
    vus: 10,
    iterations: 10_000,
    iterationTakes: '5s',
  };
  tell([
    [
      'that are too many for maxDuration',
      one(shared),
      [],
      "scenarios.a.maxDuration: 10000 iterations of 5s by 10 VUs take 1h23m20s, and a maxDuration of 10m with a gracefulStop of 30s is enough for 1200; write maxDuration: '1h23m20s' or use 84 VUs",
    ],
    ['with the VUs that were advised', one({ ...shared, vus: 84 }), []],
    ['with the maxDuration that was advised', one({ ...shared, maxDuration: '1h23m20s' }), []],
    [
      'of each VU that are too many',
      one({
        executor: 'per-vu-iterations',
        vus: 3,
        iterations: 20,
        maxDuration: '1m',
        iterationTakes: '4s',
      }),
      [],
      "scenarios.a.maxDuration: 60 iterations of 4s by 3 VUs take 1m20s, and a maxDuration of 1m with a gracefulStop of 30s is enough for 45; write maxDuration: '1m20s'",
    ],
    ['of unknown length', one({ ...shared, iterationTakes: null }), []],
    [
      'longer than the whole scenario',
      one({ ...looping, iterationTakes: '2m' }),
      [],
      "scenarios.a.iterationTakes: an iteration takes 2m, and the scenario is over after 1m and a gracefulStop of 30s: none can finish; let it run longer, or write gracefulStop: '2m'",
    ],
    [
      'longer than the graceful stop',
      one({ ...looping, iterationTakes: '45s' }),
      [],
      "scenarios.a.gracefulStop: an iteration takes 45s, and those under way at the end are cut off after 30s; write gracefulStop: '45s', or '0s' if that is meant",
    ],
    [
      'longer than the graceful stop that is none on purpose',
      one({ ...looping, iterationTakes: '45s', gracefulStop: '0s' }),
      [],
    ],
    [
      'longer than the graceful ramp-down',
      one({
        executor: 'ramping-vus',
        stages: [
          { duration: '5m', target: 10 },
          { duration: '1m', target: 0 },
        ],
        gracefulStop: '1m',
        iterationTakes: '45s',
      }),
      [],
      "scenarios.a.gracefulRampDown: an iteration takes 45s, and those under way when VUs ramp down are cut off after 30s; write gracefulRampDown: '45s', or '0s' if that is meant",
    ],
    [
      'for which there are too few VUs',
      {},
      [constant({ iterationTakesMs: 5_000, maxVUs: 100, preAllocatedVUs: 50 })],
      'scenarios.a.maxVUs: starts at up to 50/s with 5s per iteration keep 250 VUs busy, and maxVUs is 100, which gives at most 20/s: the other iterations are dropped; write maxVUs: 250 or shorten the iterations',
    ],
    [
      'that would wait for a VU',
      {},
      [
        constant({
          iterationTakesMs: 5_000,
          maxVUs: 100,
          rate: 1_800,
          timeUnitMs: 60_000,
          whenBusy: 'wait',
        }),
      ],
      'scenarios.a.maxVUs: starts at up to 1800/min with 5s per iteration keep 150 VUs busy, and maxVUs is 100, which gives at most 20/s: the other iterations start late; write maxVUs: 150 or shorten the iterations',
    ],
    [
      'for which too few VUs are made ahead',
      {},
      [constant({ iterationTakesMs: 5_000, maxVUs: 250, preAllocatedVUs: 50 })],
      'scenarios.a.preAllocatedVUs: starts at up to 50/s with 5s per iteration keep 250 VUs busy, and preAllocatedVUs is 50: the other 200 are made in the middle of the test; write preAllocatedVUs: 250',
    ],
    [
      'with enough VUs',
      {},
      [constant({ iterationTakesMs: 5_000, maxVUs: 250, preAllocatedVUs: 250 })],
    ],
    ['of unknown length and a rate', {}, [constant({ maxVUs: 1, preAllocatedVUs: 1 })]],
    [
      'at a rate that is only touched',
      {},
      // 50/s is reached at the end alone: in the last 10 s there are 458.3 starts, not 500.
      [ramping({ iterationTakesMs: 10_000, maxVUs: 459, preAllocatedVUs: 459 })],
    ],
    [
      'at a peak between two stages',
      {},
      [
        ramping({
          stages: [
            { durationMs: 60_000, target: 60 },
            { durationMs: 60_000, target: 0 },
          ],
          iterationTakesMs: 10_000,
          maxVUs: 574,
        }),
      ],
      'scenarios.a.maxVUs: starts at up to 60/s with 10s per iteration keep 575 VUs busy, and maxVUs is 574, which gives at most 57.4/s: the other iterations are dropped; write maxVUs: 575 or shorten the iterations',
    ],
  ]);
});

describe('a declared limit', () => {
  const limit = { target: { limit: '300/min' } };
  const ramp = (duration: string, more: object = {}) =>
    one(
      { executor: 'ramping-vus', startVUs: 0, stages: [{ duration, target: 500 }], ...more },
      limit,
    );
  tell([
    [
      'is broken by a ramp',
      ramp('1m'),
      [],
      'scenarios.a.stages[0]: 500 VUs that each make 1 call within a ramp of 1m are 500 calls/min, and the limit is 300/min; ramp over 1m40s',
    ],
    ['is kept by the ramp that was advised', ramp('1m40s'), []],
    [
      'is broken by the ramp of a shortcut, which begins with one VU',
      { stages: [{ duration: '1m', target: 500 }], ...limit },
      [],
      'scenarios.default.stages[0]: 500 VUs that each make 1 call within a ramp of 1m are 500 calls/min, and the limit is 300/min; ramp over 1m40s',
    ],
    [
      'is broken by a long ramp',
      one(
        { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '5m', target: 2_000 }] },
        limit,
      ),
      [],
      'scenarios.a.stages[0]: 2000 VUs that each make 1 call within a ramp of 5m are 400 calls/min, and the limit is 300/min; ramp over 6m40s',
    ],
    [
      'counts several calls of a start',
      one(
        {
          executor: 'ramping-vus',
          startVUs: 0,
          stages: [{ duration: '1m', target: 200 }],
          callsPerIteration: 2,
        },
        limit,
      ),
      [],
      'scenarios.a.stages[0]: 200 VUs that each make 2 calls within a ramp of 1m are 400 calls/min, and the limit is 300/min; ramp over 1m20s, or write iterationTakes if an iteration spreads its calls over time',
    ],
    [
      'is not broken by calls that are spread',
      ramp('2m', { callsPerIteration: 10, iterationTakes: '20m', gracefulStop: '20m' }),
      [],
    ],
    [
      'is broken by VUs that start together',
      one({ ...looping, vus: 500 }, limit),
      [],
      'scenarios.a.vus: 500 VUs that each make 1 call as they start together are 500 calls/min, and the limit is 300/min; ramp up over 1m40s',
    ],
    ['is kept by fewer', one({ ...looping, vus: 300 }, limit), []],
    [
      'is broken by VUs at work',
      one({ ...looping, duration: '10m', iterationTakes: '5s' }, limit),
      [],
      'scenarios.a.vus: 200 VUs that each make 1 call in 5s are 2400 calls/min, and the limit is 300/min; use 25 VUs, or let an iteration take 40s',
    ],
    [
      'is kept by the VUs that were advised',
      one({ ...looping, vus: 25, iterationTakes: '5s' }, limit),
      [],
    ],
    [
      'is kept by the length that was advised',
      one({ ...looping, iterationTakes: '40s', gracefulStop: '40s' }, limit),
      [],
    ],
    [
      'is not judged by a pause that is only a least one',
      one({ ...looping, vus: 10 }, { ...limit, minIterationDuration: '1s' }),
      [],
    ],
    [
      'is broken by a rate',
      limit,
      [constant({ rate: 10, callsPerIteration: 2 })],
      'scenarios.a.rate: iterations at up to 10/s with 2 calls each are 1200 calls/min, and the limit is 300/min; start at most 150/min',
    ],
    [
      'is kept by the rate that was advised',
      limit,
      [constant({ rate: 150, timeUnitMs: 60_000, callsPerIteration: 2 })],
    ],
    [
      'is broken by the peak of a rate',
      limit,
      [ramping({ stages: [{ durationMs: 600_000, target: 10 }] })],
      'scenarios.a.stages: iterations at up to 10/s with 1 call each are 570 calls/min, and the limit is 300/min; start at most 300/min',
    ],
    [
      'is for a whole minute, not for a moment',
      limit,
      [constant({ rate: 30, durationMs: 10_000 })],
    ],
    [
      'is broken by several scenarios that overlap',
      {
        scenarios: {
          login: { ...looping, vus: 150 },
          search: { ...looping, startTime: '30s' },
        },
        ...limit,
      },
      [],
      'target.limit: the scenarios search (200), login (150) together make 350 calls/min, 0s into the test, and the limit is 300/min; start them apart with startTime, or make at most 85% of these calls',
    ],
    [
      'is kept by scenarios that start apart',
      {
        scenarios: { login: { ...looping, vus: 150 }, search: { ...looping, startTime: '1m' } },
        ...limit,
      },
      [],
    ],
    ['is kept by rps', one({ ...looping, iterationTakes: '5s' }, { ...limit, rps: 5 }), []],
    [
      'is broken in spite of rps',
      one({ ...looping, duration: '10m', iterationTakes: '5s' }, { ...limit, rps: 10 }),
      [],
      'rps: 10 a second lets 600 calls/min through, and the limit is 300/min; write rps: 5',
    ],
    [
      'does not count what makes no calls',
      one({ ...looping, vus: 500, callsPerIteration: 0 }, limit),
      [],
    ],
  ]);

  test('is kept by every ramp that is advised', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 50 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 0, max: 600 }),
        fc.integer({ min: 1, max: 3 }),
        (startVUs, target, seconds, callsPerIteration) => {
          const lines = (duration: string): string[] =>
            found(
              one(
                {
                  executor: 'ramping-vus',
                  startVUs,
                  stages: [{ duration, target: startVUs + target }],
                  callsPerIteration,
                },
                limit,
              ),
            );
          const advised = /ramp over (\w+)/.exec(lines(`${seconds}s`)[0] ?? '')?.[1];
          if (advised !== undefined) expect(lines(advised)).toEqual([]);
        },
      ),
    );
  });

  test('is never said to be broken by fewer calls than it allows', () => {
    const rate = fc.integer({ min: 0, max: 40 });
    const stage = fc.record({ durationMs: fc.integer({ min: 0, max: 200_000 }), target: rate });
    fc.assert(
      fc.property(rate, fc.array(stage, { minLength: 1, maxLength: 6 }), (startRate, stages) => {
        // Counted one by one: the starts a schedule has in each window of a minute.
        const starts: number[] = [];
        let done = 0;
        let before = startRate;
        let at = 0;
        for (const { durationMs, target } of stages) {
          for (let step = 0; step < durationMs; step += 10) {
            const width = Math.min(10, durationMs - step);
            const middle = (step + width / 2) / durationMs;
            done += ((before + (target - before) * middle) * width) / 1_000;
            while (starts.length < Math.floor(done)) starts.push(at + step);
          }
          at += durationMs;
          before = target;
        }
        let most = 0;
        let first = 0;
        for (const [index, start] of starts.entries()) {
          while ((starts[first] as number) <= start - 60_010) first++;
          most = Math.max(most, index - first + 1);
        }
        const [line] = found(limit, {}, [ramping({ startRate, stages })]);
        if (most < 299) expect(line).toBeUndefined();
        if (most > 302) expect(line).toContain('calls/min, and the limit is 300/min');
        const said = Number(/are (\d+) calls/.exec(line ?? '')?.[1] ?? most);
        expect(Math.abs(said - most)).toBeLessThanOrEqual(2);
      }),
    );
  });
});

describe('the machine', () => {
  const plan = { vus: 30_000, duration: '1m' };
  test('has too little of everything', () => {
    expect(
      found(plan, { openFiles: 1_024, localPorts: 28_232, freeMemoryBytes: 4_000_000_000 }),
    ).toEqual([
      'scenarios: 30000 VUs with a connection each need at least 30064 open files, and this process may have 1024; raise the limit (ulimit -n 30064) or use at most 960 VUs',
      'scenarios: 30000 VUs with a connection each to one target need at least as many local ports, and there are 28232; connect from 2 addresses (localIPs) or widen net.ipv4.ip_local_port_range',
      'scenarios: 30000 VUs take at least 6.0 GB of memory, and 4.0 GB are free; use at most 20000 VUs or a machine with more memory',
    ]);
  });

  test('has enough, or says nothing', () => {
    expect(found(plan)).toEqual([]);
    expect(
      found(plan, { openFiles: 30_064, localPorts: 30_000, freeMemoryBytes: 6_000_000_000 }),
    ).toEqual([]);
  });

  test('has more ports with more addresses, and connections that end are not counted', () => {
    expect(found({ ...plan, localIPs: '10.0.0.1-10.0.0.2' }, { localPorts: 28_232 })).toEqual([]);
    expect(found({ ...plan, localIPs: '10.0.0.1-10.0.0.2' }, { localPorts: 14_000 })).toEqual([
      'localIPs: 30000 VUs with a connection each to one target need at least as many local ports, and there are 28000; connect from 3 addresses (localIPs) or widen net.ipv4.ip_local_port_range',
    ]);
    const short = { ...plan, noConnectionReuse: true };
    expect(found(short, { openFiles: 1_024, localPorts: 1_000 })).toEqual([]);
  });
});

describe('the limits of a machine', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  const read = (files: Record<string, string>): Machine => {
    const root = mkdtempSync(join(tmpdir(), 'vurun-machine-'));
    folders.push(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return readMachine(root);
  };
  const meminfo =
    'MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    8000000 kB\n';

  test('are read where there are any', () => {
    expect(
      read({
        'proc/self/limits':
          'Limit                     Soft Limit           Hard Limit           Units\nMax processes             100                  100                  processes\nMax open files            1024                 4096                 files\n',
        'proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
        'proc/meminfo': meminfo,
      }),
    ).toEqual({ openFiles: 1_024, localPorts: 28_232, freeMemoryBytes: 8_192_000_000 });
    expect(read({})).toEqual({});
    expect(
      read({
        'proc/self/limits':
          'Max open files            unlimited            unlimited            files\n',
      }),
    ).toEqual({});
  });

  test.each([
    [
      'the second version, in the group above its own',
      {
        'proc/self/cgroup': '0::/pod/test\n',
        'sys/fs/cgroup/pod/test/memory.max': 'max\n',
        'sys/fs/cgroup/pod/test/memory.current': '100\n',
        'sys/fs/cgroup/pod/memory.max': '1000000\n',
        'sys/fs/cgroup/pod/memory.current': '900000\n',
        'sys/fs/cgroup/pod/memory.stat': 'anon 700000\ninactive_file 150000\n',
      },
    ],
    [
      'the second version, as a container sees its own',
      {
        'proc/self/cgroup': '0::/\n',
        'sys/fs/cgroup/memory.max': '250000\n',
        'sys/fs/cgroup/memory.current': '0\n',
      },
    ],
    [
      'the first version',
      {
        'proc/self/cgroup': '4:memory:/job\n1:cpu:/\n0::/\n',
        'sys/fs/cgroup/memory/job/memory.limit_in_bytes': '1000000\n',
        'sys/fs/cgroup/memory/job/memory.usage_in_bytes': '800000\n',
        'sys/fs/cgroup/memory/job/memory.stat': 'inactive_file 1\ntotal_inactive_file 50000\n',
        'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
        'sys/fs/cgroup/memory/memory.usage_in_bytes': '5000\n',
      },
    ],
  ])('are those of a control group of %s', (_name, files) => {
    expect(read({ ...files, 'proc/meminfo': meminfo })).toEqual({ freeMemoryBytes: 250_000 });
  });
});
