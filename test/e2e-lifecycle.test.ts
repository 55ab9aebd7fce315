/** init, setup, iterations, teardown and handleSummary, and the ways a run can end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { count, countingServer, logLines, ownTraces, runScript, said } from './support/cli.ts';

describe.concurrent('setup and teardown', () => {
  test('what setup returns reaches iterations and teardown as JSON would carry it', async () => {
    const run = await runScript(`
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
export function setup() {
  return { date: new Date(0), none: undefined, list: [undefined, 1], deep: { text: 'é\\u0000x' } };
}
export default function (data) {
  console.log('vu ' + JSON.stringify(data) + typeof data.date);
  data.mine = __VU;
}
export function teardown(data) { console.log('teardown ' + JSON.stringify(data)); }
`);
    expect(run.exitCode).toBe(0);
    const lines = said(run);
    const json =
      '{"date":"1970-01-01T00:00:00.000Z","none":null,"list":[null,1],"deep":{"text":"é\\u0000x"}}';
    // A VU keeps its copy, with what it put there.
    expect(lines.filter((line) => line === `vu ${json}string`)).toHaveLength(2);
    expect(lines.filter((line) => /^vu .*"mine":[12]\}string$/.test(line))).toHaveLength(2);
    expect(lines.at(-1)).toBe(`teardown ${json}`);
    expect(run.summary?.setup_data).toEqual(JSON.parse(json));
  });

  test('setup that returns nothing leaves data undefined', async () => {
    const run = await runScript(`
export function setup() {}
export default function (data) { console.log('vu ' + String(data)); }
export function teardown(data) { console.log('teardown ' + String(data)); }
`);
    expect(said(run)).toEqual(['vu undefined', 'teardown undefined']);
  });

  test('without a setup function data is undefined', async () => {
    const run = await runScript(`
export default function (data) { console.log('vu ' + String(data)); }
export function teardown(data) { console.log('teardown ' + String(data)); }
`);
    expect(said(run)).toEqual(['vu undefined', 'teardown undefined']);
  });

  test('async setup and teardown are waited for, and their requests carry their group', async () => {
    const server = await countingServer();
    const run = await runScript(
      `import http from 'vurun/http';
import { sleep } from 'vurun';
export const options = { thresholds: {
  'http_reqs{group:::setup}': ['count==1'], 'http_reqs{group:::teardown}': ['count==1'] } };
export async function setup() {
  await sleep(0.05);
  return (await http.get(__ENV.TARGET)).body;
}
export default function (data) { console.log(data); }
export async function teardown() { await http.get(__ENV.TARGET); }
`,
      ['-e', `TARGET=${server.url}`],
    );
    expect(run.exitCode).toBe(0);
    expect(said(run)).toEqual(['ok']);
    expect(server.hits()).toBe(2);
    expect(count(run, 'http_reqs')).toBe(2);
    expect(count(run, 'iterations')).toBe(1);
  });

  test('setup that throws ends the run with 107: no iteration, no teardown, but a summary', async () => {
    const server = await countingServer();
    const run = await runScript(
      `import http from 'vurun/http';
export async function setup() {
  await http.get(__ENV.TARGET);
  throw new Error('no data today');
}
export default function () { console.log('iterated'); }
export function teardown() { console.log('tore down'); }
`,
      ['-e', `TARGET=${server.url}`],
    );
    expect(run.exitCode).toBe(107);
    expect(said(run)).toEqual([]);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(/Error: no data today.*main\.ts:4:/);
    expect(run.stdout).toContain('TOTAL RESULTS');
    expect(count(run, 'http_reqs')).toBe(1);
    expect(count(run, 'iterations')).toBe(0);
    expect(run.stdout + run.stderr).not.toMatch(ownTraces);
  });

  test('setup data that JSON cannot hold ends the run with 255', async () => {
    const run = await runScript(`export function setup() { return { ratio: 0 / 0 }; }
export default function () { console.log('iterated'); }
`);
    expect(run.exitCode).toBe(255);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(/setup\(\).*NaN.*ratio/);
    expect(said(run)).toEqual([]);
  });

  test('an async setup that rejects ends the run with 107', async () => {
    const run = await runScript(`import { sleep } from 'vurun';
export async function setup() {
  await sleep(0.01);
  throw new TypeError('late and bad');
}
export default function () {}
`);
    expect(run.exitCode).toBe(107);
    expect(logLines(run, 'error').join()).toMatch(/TypeError: late and bad.*main\.ts:4:/);
  });

  test('setup beyond setupTimeout ends the run with 100 and says which option to raise', async () => {
    const run = await runScript(`import { sleep } from 'vurun';
export const options = { setupTimeout: '300ms' };
export async function setup() { await sleep(60); }
export default function () { console.log('iterated'); }
`);
    expect(run.exitCode).toBe(100);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(/setup\(\) execution timed out after/);
    expect(logLines(run, 'error')[0]).toContain('setupTimeout');
    expect(said(run)).toEqual([]);
  });

  test('an endless loop in setup ends the run with 107 and its line', async () => {
    const run = await runScript(`export const options = { vuTurnTimeout: '500ms' };
export function setup() {
  for (;;) String(1);
}
export default function () { console.log('iterated'); }
`);
    expect(run.exitCode).toBe(107);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(/main\.ts:3:\d+.*the script ran for 500ms/);
    expect(said(run)).toEqual([]);
    expect(run.stdout + run.stderr).not.toMatch(ownTraces);
  });

  test('teardown that throws keeps the results and exits with 107', async () => {
    const run = await runScript(`export default function () {}
export function teardown() {
  throw new Error('mess left');
}
`);
    expect(run.exitCode).toBe(107);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(/Error: mess left.*main\.ts:3:/);
    expect(count(run, 'iterations')).toBe(1);
  });

  test('teardown beyond teardownTimeout exits with 101', async () => {
    const run = await runScript(`import { sleep } from 'vurun';
export const options = { teardownTimeout: '200ms' };
export default function () {}
export async function teardown() { await sleep(60); }
`);
    expect(run.exitCode).toBe(101);
    expect(logLines(run, 'error')[0]).toMatch(/teardown\(\) execution timed out.*teardownTimeout/);
    expect(count(run, 'iterations')).toBe(1);
  });

  test('--no-setup and --no-teardown leave them out', async () => {
    const run = await runScript(
      `export function setup() { console.log('setup'); return 1; }
export default function (data) { console.log('vu ' + String(data)); }
export function teardown() { console.log('teardown'); }
`,
      ['--no-setup', '--no-teardown'],
    );
    expect(run.exitCode).toBe(0);
    expect(said(run)).toEqual(['vu undefined']);
  });
});

describe.concurrent('a script that ends or fails its own run', () => {
  test('exec.test.abort cuts iterations off, runs teardown and exits with 108', async () => {
    const run = await runScript(`import { check, exec, sleep } from 'vurun';
export const options = { scenarios: { s: { executor: 'constant-vus', vus: 4, duration: '30s' } } };
export default async function () {
  check(1, { one: (n) => n === 1 });
  if (exec.vu.idInTest === 3) {
    await sleep(0.2);
    exec.test.abort('seen enough');
    console.log('not reached');
  }
  await sleep(30);
}
export function teardown() { console.log('tore down'); }
`);
    expect(run.exitCode).toBe(108);
    expect(said(run)).toEqual(['tore down']);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(/test aborted: seen enough at .*main\.ts:7:/);
    expect(count(run, 'iterations')).toBe(0);
    expect(run.stdout).toContain('TOTAL RESULTS');
  });

  test('exec.test.abort in setup skips the iterations and exits with 108', async () => {
    const run = await runScript(`import { exec } from 'vurun';
export function setup() { exec.test.abort('closed on sundays'); }
export default function () { console.log('iterated'); }
`);
    expect(run.exitCode).toBe(108);
    expect(said(run)).toEqual([]);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toContain('closed on sundays');
  });

  test('exec.test.abort in init exits with 108 and runs nothing', async () => {
    const run = await runScript(`import { exec } from 'vurun';
exec.test.abort('not even begun');
export default function () { console.log('iterated'); }
`);
    expect(run.exitCode).toBe(108);
    expect(run.stderr).toContain('test aborted: not even begun');
    expect(said(run)).toEqual([]);
    expect(run.stdout + run.stderr).not.toMatch(ownTraces);
  });

  test('exec.test.fail lets the run go on and exits with 110', async () => {
    const run = await runScript(`import { exec } from 'vurun';
export const options = { iterations: 3 };
export default function () {
  if (exec.scenario.iterationInTest === 0) exec.test.fail('bad answer');
}
`);
    expect(run.exitCode).toBe(110);
    expect(count(run, 'iterations')).toBe(3);
    expect(run.stderr).toContain('test marked as failed: bad answer');
    expect(run.stderr).toContain('test run was marked as failed');
  });
});

describe.concurrent('--fail-on-script-error', () => {
  const script = `
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 1, iterations: 3 } } };
export default async function () {
  if (__ITER === 1) return;
  const what = 'boom ' + __ITER + ' of ' + __ENV.TOKEN;
  throw new TypeError(what + String.fromCharCode(10) + 'more');
}
export function teardown() { console.log('tore down'); }
`;

  test('ends a run whose iterations threw with 107, after summary and teardown', async () => {
    const run = await runScript(script, [
      '--fail-on-script-error',
      '-e',
      'TOKEN=t0p',
      '--secret-source',
      'mock=k=t0p',
    ]);
    expect(run.exitCode).toBe(107);
    const lines = logLines(run, 'error').filter((line) => line.includes('failOnScriptError'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /msg="2 iterations failed in the script \(failOnScriptError\); the first: TypeError: boom 0 of \*\*\*SECRET_REDACTED\*\*\* at main\.ts:6:\d+"/,
    );
    expect(count(run, 'iterations_failed')).toBe(2);
    expect(count(run, 'iterations')).toBe(3);
    expect(said(run)).toEqual(['tore down']);
    expect(run.stdout).toContain('TOTAL RESULTS');
  });

  test('is off unless asked for, and may be asked for in the script or the environment', async () => {
    expect((await runScript(script)).exitCode).toBe(0);
    const own = script.replace('{ scenarios', '{ failOnScriptError: true, scenarios');
    expect((await runScript(own)).exitCode).toBe(107);
    const env = { VURUN_FAIL_ON_SCRIPT_ERROR: 'true' };
    expect((await runScript(script, [], { env })).exitCode).toBe(107);
  });

  test('says nothing when no iteration failed, and leaves a crossed threshold its code', async () => {
    const flag = ['--fail-on-script-error'];
    const good = await runScript('export default function () {}', flag);
    expect([good.exitCode, good.stderr]).toEqual([0, '']);
    const crossed = script.replace(
      '{ scenarios',
      "{ thresholds: { iterations: ['count>9'] }, scenarios",
    );
    const run = await runScript(crossed, flag);
    expect(run.exitCode).toBe(99);
    expect(run.stderr).toContain('2 iterations failed in the script');
  });

  test('counts iterations that a VU did not survive', async () => {
    const run = await runScript('export default function () { for (;;); }', [
      '--fail-on-script-error',
      '--vu-turn-timeout',
      '100ms',
    ]);
    expect(run.exitCode).toBe(107);
    expect(run.stderr).toMatch(
      /1 iteration failed in the script .*first: VU 1 was stopped at main\.ts:1/,
    );
  });
});

describe.concurrent('handleSummary', () => {
  test('what it returns goes to stdout, to stderr and to files, instead of the summary', async () => {
    const run = await runScript(`import { Counter } from 'vurun';
const things = new Counter('things');
export const options = { iterations: 4 };
export default function () { things.add(2); }
export function handleSummary(data) {
  return {
    stdout: 'counted ' + data.metrics.things.values.count + '\\n',
    stderr: 'to stderr\\n',
    'made.json': JSON.stringify(data),
    'bytes.bin': new Uint8Array([0, 255, 1]).buffer,
  };
}
`);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toBe('counted 8\n');
    expect(run.stderr).toBe('to stderr\n');
    const written = JSON.parse(readFileSync(join(run.dir, 'made.json'), 'utf8'));
    expect(written.metrics.iterations.values.count).toBe(4);
    expect(written.root_group.path).toBe('');
    expect([...readFileSync(join(run.dir, 'bytes.bin'))]).toEqual([0, 255, 1]);
  });

  test('a file it cannot write is named, and the others are written', async () => {
    const run = await runScript(`export default function () {}
export function handleSummary() { return { 'no/such/folder/a.txt': 'a', 'b.txt': 'b' }; }
`);
    expect(run.exitCode).toBe(0);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toContain('no/such/folder/a.txt');
    expect(readFileSync(join(run.dir, 'b.txt'), 'utf8')).toBe('b');
  });

  test('when it throws, the usual summary is shown and the exit code stays', async () => {
    const run = await runScript(`export default function () {}
export function handleSummary() {
  throw new Error('cannot add up');
}
`);
    expect(run.exitCode).toBe(0);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(/Error: cannot add up.*main\.ts:3:/);
    expect(run.stdout).toContain('TOTAL RESULTS');
    expect(run.stdout + run.stderr).not.toMatch(ownTraces);
  });

  test('when it loops for ever, the usual summary is shown', async () => {
    const run = await runScript(`export const options = { vuTurnTimeout: '500ms' };
export default function () {}
export function handleSummary() {
  for (;;) String(1);
}
`);
    expect(run.exitCode).toBe(0);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(/main\.ts:4:\d+.*the script ran for 500ms/);
    expect(run.stdout).toContain('TOTAL RESULTS');
  });
});

describe.concurrent('a built-in function that never returns', () => {
  const hang = 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)';

  test('in setup, it ends the run with 107', async () => {
    const run = await runScript(`export const options = { vuTurnTimeout: '500ms' };
export function setup() { ${hang}; }
export default function () { console.log('iterated'); }
`);
    expect(run.exitCode).toBe(107);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toContain('inside one built-in function');
    expect(said(run)).toEqual([]);
  });

  test('in teardown, it does not cost the results', async () => {
    const run = await runScript(`export const options = { vuTurnTimeout: '500ms', iterations: 3 };
export default function () {}
export function teardown() { ${hang}; }
`);
    expect(run.exitCode).toBe(107);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toContain('inside one built-in function');
    expect(run.stdout).toContain('TOTAL RESULTS');
    expect(count(run, 'iterations')).toBe(3);
  });

  test('in handleSummary, the usual summary takes its place', async () => {
    const run = await runScript(`export const options = { vuTurnTimeout: '500ms', iterations: 3 };
export default function () {}
export function handleSummary() { ${hang}; }
`);
    expect(run.exitCode).toBe(0);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(run.stdout).toContain('TOTAL RESULTS');
    expect(count(run, 'iterations')).toBe(3);
  });
});

describe.concurrent('thresholds', () => {
  test('a crossed threshold is named, marked in the summary and exits with 99', async () => {
    const run = await runScript(`import { check, Counter } from 'vurun';
const things = new Counter('things');
export const options = {
  iterations: 4,
  thresholds: { things: ['count<3', 'count>1'], checks: ['rate>0.9'], iterations: ['count==4'] },
};
export default function () { things.add(1); check(1, { never: () => false }); }
`);
    expect(run.exitCode).toBe(99);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(
      /thresholds on metrics '(things, checks|checks, things)' have been crossed/,
    );
    expect(run.summary?.metrics['things']?.thresholds).toEqual({
      'count<3': true,
      'count>1': false,
    });
    expect(run.summary?.metrics['iterations']?.thresholds).toEqual({ 'count==4': false });
    expect(run.stdout).toMatch(/✗ 'count<3'/);
    expect(run.stdout).toMatch(/✓ 'count>1'/);
  });

  test('--no-thresholds judges nothing', async () => {
    const run = await runScript(
      `export const options = { thresholds: { iterations: ['count>99'] } };
export default function () {}
`,
      ['--no-thresholds'],
    );
    expect(run.exitCode).toBe(0);
  });

  test('abortOnFail stops the run early with 99, and teardown runs', async () => {
    const run = await runScript(`import { check, sleep } from 'vurun';
export const options = {
  scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '60s' } },
  thresholds: { checks: [{ threshold: 'rate>0.5', abortOnFail: true }] },
};
export default async function () { check(1, { never: false }); await sleep(0.05); }
export function teardown() { console.log('tore down'); }
`);
    expect(run.exitCode).toBe(99);
    expect(said(run)).toEqual(['tore down']);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toContain(
      "thresholds on metrics 'checks' were crossed; at least one has abortOnFail enabled, stopping test prematurely",
    );
  });

  test('delayAbortEval keeps abortOnFail back until its time', async () => {
    const run = await runScript(`import { check, sleep } from 'vurun';
export const options = {
  scenarios: { s: { executor: 'constant-vus', vus: 1, duration: '3s' } },
  thresholds: { checks: [{ threshold: 'rate>0.5', abortOnFail: true, delayAbortEval: '1m' }] },
};
export default async function () { check(1, { never: false }); await sleep(0.5); }
`);
    expect(run.exitCode).toBe(99);
    expect(count(run, 'iterations')).toBe(6);
  });
});
