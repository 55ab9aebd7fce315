/** When iterations start, on which VU, and how they end: counts that hold for any number of shards. */
import { describe, expect, test } from 'vitest';
import { count, countingServer, runScript, said } from './support/cli.ts';

function numbers(lines: readonly string[], prefix: string): number[] {
  return lines
    .filter((line) => line.startsWith(prefix))
    .map((line) => Number(line.slice(prefix.length)))
    .sort((a, b) => a - b);
}
const upTo = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);

describe.concurrent.each([1, 2])('with --shards %d', (shards) => {
  const args = ['--shards', String(shards)];

  test('shared-iterations runs each iteration exactly once, with ids 0 to n-1', async () => {
    const server = await countingServer();
    const run = await runScript(
      `import http from 'vurun/http';
import { exec } from 'vurun';
export const options = { scenarios: { s: { executor: 'shared-iterations', vus: 7, iterations: 60 } } };
export default async function () {
  await http.get(__ENV.TARGET + exec.scenario.iterationInTest);
  console.log('vu ' + __VU);
}
`,
      [...args, '-e', `TARGET=${server.url}`],
    );
    expect(run.exitCode).toBe(0);
    expect(numbers(server.paths, '/')).toEqual(upTo(60));
    expect(count(run, 'iterations')).toBe(60);
    expect(count(run, 'dropped_iterations')).toBe(0);
    const vus = new Set(numbers(said(run), 'vu '));
    expect([...vus].every((id) => id >= 1 && id <= 7)).toBe(true);
  });

  test('per-vu-iterations runs n iterations on each of VUs 1 to m', async () => {
    const run = await runScript(
      `import { exec } from 'vurun';
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 5, iterations: 4 } } };
export default function () {
  console.log('vu ' + (exec.vu.idInTest * 100 + __ITER));
  console.log('id ' + exec.scenario.iterationInTest);
}
`,
      args,
    );
    expect(run.exitCode).toBe(0);
    expect(numbers(said(run), 'vu ')).toEqual(
      upTo(5, 1).flatMap((vu) => upTo(4).map((iteration) => vu * 100 + iteration)),
    );
    const ids = numbers(said(run), 'id ');
    expect(ids).toEqual(upTo(20));
    expect(count(run, 'iterations')).toBe(20);
  });

  test('several scenarios have their own start, function, env and tags', async () => {
    const run = await runScript(
      `import { Counter, exec, sleep } from 'vurun';
const seen = new Counter('seen');
export const options = {
  scenarios: {
    first: { executor: 'shared-iterations', vus: 2, iterations: 6, env: { WHO: 'one' }, tags: { team: 'red' } },
    second: { executor: 'per-vu-iterations', vus: 3, iterations: 2, startTime: '1s', exec: 'other', env: { WHO: 'two' }, tags: { team: 'blue' } },
  },
  thresholds: {
    'seen{team:red}': ['count==6'], 'seen{team:blue}': ['count==6'],
    'iterations{scenario:first}': ['count==6'], 'iterations{scenario:second}': ['count==6'],
  },
};
export default async function () {
  seen.add(1);
  console.log(exec.scenario.name + ' ' + __ENV.WHO + ' ' + __ENV.SHARED + ' ' + Date.now());
  await sleep(0.05);
}
export function other() {
  seen.add(1);
  console.log(exec.scenario.name + ' ' + __ENV.WHO + ' ' + __ENV.SHARED + ' ' + Date.now());
}
`,
      [...args, '-e', 'SHARED=yes'],
    );
    expect(run.exitCode).toBe(0);
    const lines = said(run).map((line) => line.split(' '));
    expect(
      lines.filter(([name, who, shared]) => name === 'first' && who === 'one' && shared === 'yes'),
    ).toHaveLength(6);
    expect(
      lines.filter(([name, who, shared]) => name === 'second' && who === 'two' && shared === 'yes'),
    ).toHaveLength(6);
    const instants = (name: string): number[] =>
      lines.filter(([own]) => own === name).map((line) => Number(line[3]));
    // Order, not duration: the second begins after the first has begun everywhere.
    expect(Math.min(...instants('second'))).toBeGreaterThan(Math.max(...instants('first')));
  });
});

describe.concurrent('random numbers', () => {
  test('are the same for the same seed and VU whatever the shards, and others for another seed', async () => {
    const script = `export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 4, iterations: 1 } } };
export default function () { console.log(__VU + ' ' + Math.random() + ' ' + Math.random()); }
`;
    const drawn = async (seed: string, shards: string): Promise<string[]> =>
      said(await runScript(script, ['--seed', seed, '--shards', shards])).sort();
    const first = await drawn('42', '1');
    expect(first).toHaveLength(4);
    expect(new Set(first.map((line) => line.split(' ')[1])).size).toBe(4);
    expect(await drawn('42', '2')).toEqual(first);
    const other = await drawn('43', '1');
    expect(other.filter((line) => first.includes(line))).toEqual([]);
  });
});

describe.concurrent('time and its end', () => {
  test('constant-vus loops on each VU until the end and lets the last iterations finish', async () => {
    const server = await countingServer();
    const run = await runScript(
      `import http from 'vurun/http';
import { sleep } from 'vurun';
export const options = { scenarios: { s: { executor: 'constant-vus', vus: 4, duration: '1s' } } };
export default async function () {
  await http.get(__ENV.TARGET + __VU);
  await sleep(0.3);
  await http.get(__ENV.TARGET + __VU);
}
`,
      ['-e', `TARGET=${server.url}`, '--shards', '2'],
    );
    expect(run.exitCode).toBe(0);
    const iterations = count(run, 'iterations');
    expect(server.hits()).toBe(2 * iterations);
    expect(count(run, 'http_reqs')).toBe(2 * iterations);
    expect(new Set(server.paths)).toEqual(new Set(['/1', '/2', '/3', '/4']));
    expect(iterations).toBeGreaterThanOrEqual(4);
    expect(run.summary?.metrics['vus']?.['max']).toBe(4);
  });

  test('gracefulStop 0s cuts iterations off at the end; they are not counted as iterations', async () => {
    const run = await runScript(`import { sleep } from 'vurun';
export const options = { scenarios: { s: { executor: 'constant-vus', vus: 3, duration: '1s', gracefulStop: '0s' } } };
export default async function () { await sleep(30); console.log('finished'); }
`);
    expect(run.exitCode).toBe(0);
    expect(said(run)).toEqual([]);
    expect(count(run, 'iterations')).toBe(0);
    expect(run.stderr).toContain('No script iterations fully finished');
  });

  test('interrupted iterations are told apart from complete ones in the progress', async () => {
    const { runCli } = await import('./support/cli.ts');
    const run = await runCli(['run', 'main.ts'], {
      files: {
        'main.ts': `import { sleep } from 'vurun';
export const options = { scenarios: { s: { executor: 'constant-vus', vus: 3, duration: '1s', gracefulStop: '0s' } } };
export default async function () { await sleep(30); }
`,
      },
    });
    expect(run.stdout).toContain('0 complete and 3 interrupted iterations');
  });

  test('ramping-vus interrupts with gracefulRampDown 0s and lets finish with more', async () => {
    const script = (grace: string): string => `import { sleep } from 'vurun';
export const options = { scenarios: { s: {
  executor: 'ramping-vus', startVUs: 4, gracefulRampDown: '${grace}',
  stages: [{ duration: '300ms', target: 4 }, { duration: '0s', target: 0 }, { duration: '1500ms', target: 0 }],
} } };
export default async function () { await sleep(1); console.log('finished ' + __VU); }
`;
    const cut = await runScript(script('0s'));
    expect(said(cut)).toEqual([]);
    expect(count(cut, 'iterations')).toBe(0);
    const whole = await runScript(script('30s'));
    expect(numbers(said(whole), 'finished ')).toEqual([1, 2, 3, 4]);
    expect(count(whole, 'iterations')).toBe(4);
  });

  test('ramping-vus goes up from 0 to its target and down again', async () => {
    const run = await runScript(
      `import { exec, sleep } from 'vurun';
export const options = { stages: [{ duration: '1s', target: 5 }, { duration: '1s', target: 5 }, { duration: '300ms', target: 0 }] };
export default async function () {
  console.log('vu ' + exec.vu.idInTest);
  await sleep(0.1);
}
`,
      ['--shards', '2'],
    );
    expect(run.exitCode).toBe(0);
    expect([...new Set(numbers(said(run), 'vu '))]).toEqual([1, 2, 3, 4, 5]);
    expect(run.summary?.metrics['vus']?.['max']).toBe(5);
    expect(run.summary?.metrics['vus_max']?.['max']).toBe(5);
    expect(count(run, 'iterations')).toBe(said(run).length);
  });

  test.each(['shared-iterations', 'per-vu-iterations'])(
    'what %s has not started at maxDuration is counted as dropped',
    async (executor) => {
      const run = await runScript(
        `import { sleep } from 'vurun';
export const options = { scenarios: { s: {
  executor: '${executor}', vus: 2, iterations: ${executor === 'shared-iterations' ? 20 : 10}, maxDuration: '1s', gracefulStop: '10s',
} } };
export default async function () { await sleep(0.6); }
`,
        ['--shards', '2'],
      );
      expect(run.exitCode).toBe(0);
      expect(count(run, 'iterations') + count(run, 'dropped_iterations')).toBe(20);
      expect(count(run, 'iterations')).toBe(4);
    },
  );

  test('minIterationDuration spaces iterations out without counting as part of them', async () => {
    const run = await runScript(`export const options = {
  scenarios: { s: { executor: 'constant-vus', vus: 1, duration: '1s' } },
  minIterationDuration: '400ms',
};
export default function () {}
`);
    expect(run.exitCode).toBe(0);
    expect(count(run, 'iterations')).toBe(3);
    expect(run.summary?.metrics['iteration_duration']?.['max']).toBeLessThan(400);
  });

  test('VUs keep their globals and __ITER from one scenario to the next', async () => {
    const run = await runScript(`import { exec } from 'vurun';
let visits = 0;
export const options = { scenarios: {
  a: { executor: 'per-vu-iterations', vus: 2, iterations: 2, maxDuration: '1s', gracefulStop: '0s' },
  b: { executor: 'per-vu-iterations', vus: 2, iterations: 1, startTime: '1s' },
} };
export default function () {
  console.log([exec.scenario.name, __VU, __ITER, exec.vu.iterationInScenario, ++visits].join(' '));
}
`);
    expect(said(run).sort()).toEqual([
      'a 1 0 0 1',
      'a 1 1 1 2',
      'a 2 0 0 1',
      'a 2 1 1 2',
      'b 1 2 0 3',
      'b 2 2 0 3',
    ]);
  });

  test('-u and -i on the command line replace the scenarios of the script', async () => {
    const run = await runScript(
      `export const options = { scenarios: { s: { executor: 'constant-vus', vus: 9, duration: '10m' } } };
export default function () {}
`,
      ['-u', '3', '-i', '12'],
    );
    expect(run.exitCode).toBe(0);
    expect(count(run, 'iterations')).toBe(12);
  });
});
