/** One VU out of twenty misbehaves once; the other nineteen, and the run, must not notice. */
import { describe, expect, test } from 'vitest';
import { count, countingServer, logLines, ownTraces, runScript, said } from './support/cli.ts';

const vus = 20;
const iterations = 5;
const total = vus * iterations;

/** The misdeed stands on line 11. */
function crowd(misdeed: string, turn = '20s'): string {
  return `import http from 'vurun/http';
import { check, exec, sleep, WebSocket } from 'vurun';
export const options = {
  scenarios: { crowd: { executor: 'per-vu-iterations', vus: ${vus}, iterations: ${iterations} } },
  vuTurnTimeout: '${turn}',
};
export default async function () {
  const response = await http.get(__ENV.TARGET);
  check(response, { 'is 200': (r) => r.status === 200 });
  if (exec.vu.idInTest === 7 && __ITER === 2) {
    ${misdeed}
  }
}
export { sleep, WebSocket };
`;
}

// The engine knows the positions of calls only, so a loop without one is placed at its beginning.
const ranTooLong = /VU 7 was stopped at main\.ts:1[01]:\d+: the script ran for 1\.5s/;
const heldTooMuch = /VU 7 was stopped at main\.ts:1[01]:\d+: it holds more than 64 MB of memory/;

// When not even an error fits into what is left, there is no stack to read the place from.
const heldTooMuchSomewhere = /VU 7 was stopped.*: it holds more than 64 MB of memory/;

type Case = [name: string, misdeed: string, message: RegExp];

/** That VU's iteration fails, and all the others' counts are whole. */
async function endsAlone(misdeed: string, message: RegExp, turn: string): Promise<void> {
  const server = await countingServer();
  const run = await runScript(crowd(misdeed, turn), ['-e', `TARGET=${server.url}`]);
  expect(logLines(run, 'error').join('\n')).toMatch(message);
  expect(logLines(run, 'error')).toHaveLength(1);
  expect(run.stdout + run.stderr).not.toMatch(ownTraces);
  expect(run.exitCode).toBe(0);
  expect(server.hits()).toBe(total);
  expect(count(run, 'http_reqs')).toBe(total);
  expect(count(run, 'iterations')).toBe(total - 1);
  expect(count(run, 'iterations_failed')).toBe(1);
  expect(run.summary?.root_group.checks['is 200']).toMatchObject({ passes: total, fails: 0 });
}

describe.concurrent('one VU that never pauses', () => {
  const cases: Case[] = [
    ['an endless loop', 'let n = 0; while (true) n++;', ranTooLong],
    [
      'an endless loop in a promise job',
      'Promise.resolve().then(() => { let n = 0; while (true) n++; }); await sleep(0.01);',
      ranTooLong,
    ],
    [
      'an endless chain of promise jobs',
      'const again = () => { Promise.resolve().then(again); }; again(); await sleep(0.01);',
      /VU 7 was stopped.*: the script ran for 1\.5s/,
    ],
    [
      'an endless loop that swallows exceptions',
      'let n = 0; for (;;) { try { while (true) n++; } catch { n--; } finally { n++; } }',
      ranTooLong,
    ],
    [
      'an endless loop in a timer',
      'setTimeout(() => { let n = 0; while (true) n++; }, 1); await sleep(0.05);',
      ranTooLong,
    ],
  ];
  test.each(cases)('%s ends that VU alone, with the line it was at', (_name, misdeed, message) =>
    endsAlone(misdeed, message, '1500ms'),
  );
});

describe.concurrent('one VU that hoards memory', () => {
  const cases: Case[] = [
    ['many small arrays', 'const kept = []; for (;;) kept.push([1, 2, 3, 4]);', heldTooMuch],
    [
      'a string that grows',
      "let text = 'x'; const kept = []; for (;;) { text += text.slice(0, 1e5) + 'y'; kept.push(text + 'z'); kept[0] = kept.length > 3 ? [...kept.at(-1)] : 1; }",
      heldTooMuchSomewhere,
    ],
    [
      'large typed arrays',
      'const kept = []; for (;;) kept.push(new Uint8Array(1e6).fill(1));',
      heldTooMuch,
    ],
    ['one huge ArrayBuffer', 'new ArrayBuffer(1e9);', heldTooMuch],
    [
      'a million promises at once',
      'let n = 0; for (let i = 0; i < 1e6; i++) Promise.resolve(i).then(() => { n++; }); await null;',
      heldTooMuch,
    ],
    [
      'a flood of promises that are never settled',
      'const kept = []; for (;;) kept.push(new Promise((resolve) => kept.push(resolve)));',
      heldTooMuchSomewhere,
    ],
  ];
  // Filling so much memory takes its time on a busy machine: the turn has to be longer.
  test.each(cases)('%s end that VU alone, with the line it was at', (_name, misdeed, message) =>
    endsAlone(misdeed, message, '30s'),
  );

  test('VUs that stay below their limit are left alone, however much they hold together', async () => {
    const run = await runScript(`import { sleep } from 'vurun';
export const options = {
  scenarios: { crowd: { executor: 'per-vu-iterations', vus: 30, iterations: 3 } },
};
const kept: Uint8Array[] = [];
export default async function () {
  for (let i = 0; i < 10; i++) kept.push(new Uint8Array(1e6));
  await sleep(0.05);
}
`);
    expect(run.stderr).toBe('');
    expect(count(run, 'iterations')).toBe(90);
  });
});

describe.concurrent('one VU whose iteration fails', () => {
  const cases: [name: string, misdeed: string, message: RegExp][] = [
    ['a throw', "throw new TypeError('odd');", /TypeError: odd\\?n?\s+at default \(main\.ts:11:/],
    ['a thrown text', "throw 'just text';", /just text/],
    ['a thrown null', 'throw null;', /null/],
    [
      'a stack overflow',
      'const down = () => down() + 1; down();',
      /(RangeError|InternalError): .*stack.*main\.ts:11:/is,
    ],
    [
      'a throw in a timer callback',
      "setTimeout(() => { throw new Error('late'); }, 1); await sleep(0.05);",
      /Error: late.*main\.ts:11:/s,
    ],
    [
      'a throw in a promise job',
      "queueMicrotask(() => { throw new Error('micro'); }); await sleep(0.01);",
      /Error: micro.*main\.ts:11:/s,
    ],
    [
      'a throw in a check function',
      "check(1, { bad: () => { throw new Error('unchecked'); } });",
      /Error: unchecked.*main\.ts:11:/s,
    ],
    [
      'an error whose getters throw',
      "throw { get stack() { throw new Error('trap'); }, get message() { throw 1; }, toString() { throw 2; } };",
      /level=error/,
    ],
  ];
  test.each(cases)('%s fails that iteration alone', async (_name, misdeed, message) => {
    const server = await countingServer();
    const run = await runScript(crowd(misdeed), ['-e', `TARGET=${server.url}`]);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(message);
    expect(run.stdout + run.stderr).not.toMatch(ownTraces);
    expect(run.exitCode).toBe(0);
    expect(server.hits()).toBe(total);
    expect(count(run, 'http_reqs')).toBe(total);
    expect(count(run, 'iterations')).toBe(total);
    expect(count(run, 'iterations_failed')).toBe(1);
  });

  test('a throw in a WebSocket handler fails that iteration alone', async () => {
    const { startSimulator } = await import('../src/simulator/simulator.ts');
    const simulator = await startSimulator();
    const server = await countingServer();
    const run = await runScript(
      crowd(`const ws = new WebSocket(__ENV.WS);
    await new Promise((resolve) => {
      ws.onerror = () => { resolve(1); throw new Error('in the handler'); };
    });`),
      ['-e', `TARGET=${server.url}`, '-e', `WS=${simulator.wsUrl}/nowhere`],
    );
    await simulator.close();
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(/Error: in the handler.*main\.ts:13:/s);
    expect(count(run, 'iterations')).toBe(total);
    expect(count(run, 'iterations_failed')).toBe(1);
    expect(run.exitCode).toBe(0);
  });
});

describe.concurrent('one VU that floods', () => {
  test('two hundred thousand promise jobs, a few at a time, disturb nobody', async () => {
    const server = await countingServer();
    const run = await runScript(
      crowd(
        'let n = 0; for (let i = 0; i < 2e5; i++) { Promise.resolve(i).then(() => n++); if (i % 1e4 === 0) await sleep(0); }',
      ),
      ['-e', `TARGET=${server.url}`],
    );
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toBe('');
    expect(count(run, 'iterations')).toBe(total);
    expect(server.hits()).toBe(total);
  });

  test('a flood of log lines is cut and counted', async () => {
    const server = await countingServer();
    const run = await runScript(crowd("for (let i = 0; i < 20000; i++) console.log('noise', i);"), [
      '-e',
      `TARGET=${server.url}`,
    ]);
    expect(run.exitCode).toBe(0);
    const shown = logLines(run, 'info').length;
    const dropped = [...run.stderr.matchAll(/(\d+) log lines were dropped/g)].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    );
    expect(shown).toBeLessThan(5_000);
    expect(shown + dropped).toBe(20_000);
    expect(count(run, 'iterations')).toBe(total);
    expect(server.hits()).toBe(total);
  });

  test('a console line of many megabytes is cut', async () => {
    const server = await countingServer();
    const run = await runScript(crowd("console.log('y'.repeat(5e6));"), [
      '-e',
      `TARGET=${server.url}`,
    ]);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain('(cut at 8 KiB)');
    expect(run.stderr.length).toBeLessThan(20_000);
    expect(count(run, 'iterations')).toBe(total);
  });

  test('a built-in function that never returns costs its shard, and the summary says so', async () => {
    const server = await countingServer();
    const run = await runScript(
      crowd('Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);', '1500ms'),
      ['-e', `TARGET=${server.url}`, '--shards', '2'],
    );
    expect(run.stderr).toMatch(/VU 7 ran for .* inside one built-in function/);
    expect(run.stdout).toMatch(/shard \d was lost/);
    expect(run.stdout + run.stderr).not.toMatch(ownTraces);
    expect(run.exitCode).toBe(0);
    // The other shard's ten VUs are whole. The lost shard's ten go on where they were cut off; each may
    // have begun an iteration whose request had not left yet.
    expect(server.hits()).toBeGreaterThanOrEqual(total - 10);
  });

  test('a loop in a conversion that the engine places by line only still shows its line', async () => {
    const server = await countingServer();
    const run = await runScript(
      crowd('throw new Error(String({ toString() { for (;;); } }));', '1500ms'),
      ['-e', `TARGET=${server.url}`],
    );
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'error')[0]).toMatch(/VU 7 was stopped at main\.ts:11/);
    expect(count(run, 'iterations_failed')).toBe(1);
  });

  test('a VU that is made anew goes on counting where it was', async () => {
    const run = await runScript(`import { exec } from 'vurun';
export const options = {
  scenarios: { s: { executor: 'per-vu-iterations', vus: 1, iterations: 4 } },
  vuTurnTimeout: '500ms',
};
export default function () {
  console.log([__ITER, exec.vu.iterationInScenario, exec.scenario.iterationInTest].join(' '));
  if (__ITER === 1) for (;;) String(1);
}
`);
    expect(said(run)).toEqual(['0 0 0', '1 1 1', '2 2 2', '3 3 3']);
  });

  test('a VU that breaks its limit again and again is retired, and its share is counted as dropped', async () => {
    const server = await countingServer();
    const run = await runScript(
      crowd('for (;;) exec.vu.idInTest;', '800ms')
        .replace('&& __ITER === 2', '')
        .replace('iterations: 5', 'iterations: 8'),
      ['-e', `TARGET=${server.url}`],
    );
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain(
      'VU 7 takes no further part in the run: it had to be ended 4 times',
    );
    expect(run.stdout).toContain('VU 7 was taken out of the run');
    expect(count(run, 'iterations')).toBe(19 * 8);
    expect(count(run, 'iterations_failed')).toBe(4);
    expect(count(run, 'dropped_iterations')).toBe(4);
    expect(count(run, 'http_reqs')).toBe(19 * 8 + 4);
    expect(server.hits()).toBe(19 * 8 + 4);
  });
});
