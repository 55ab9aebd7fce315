import { describe, expect, test } from 'vitest';
import { bundleForTest } from './support/bundle.ts';
import { type GuestOptions, type GuestRun, runGuest } from './support/guest.ts';

const imports = `
  import { check, Counter, exec, fail, Gauge, group, randomSeed, Rate, SharedArray, sleep, Trend } from 'vurun';
  const attempt = (f) => { try { return f() } catch (e) { return e.name + ': ' + e.message } };
`;

/** Runs a default function's body in one VU, after `init` at the top level. */
function runBody(body: string, init = '', options?: GuestOptions): Promise<GuestRun> {
  return runGuest(`${imports}\n${init}\nexport default async function () {\n${body}\n}`, options);
}
const texts = (run: GuestRun): string[] => run.logs.map(({ text }) => text);
const samplesOf = (run: GuestRun, metric: string): [number, Record<string, string>][] =>
  run.samples.filter((s) => s.metric === metric).map((s) => [s.value, s.tags]);
const checksOf = (run: GuestRun): [string | undefined, number][] =>
  samplesOf(run, 'checks').map(([value, tags]) => [tags['check'], value]);

describe('check', () => {
  test('records each check in order and returns whether all passed', async () => {
    const run = await runBody(`
      console.log(check(5, { 'is five': (n) => n === 5, truthy: 'yes', 'is big': (n) => n > 9, zero: 0 }, { extra: 1 }));
      console.log(check(5, { fine: (n) => n }), check(5, {}));
    `);
    expect(run.failures).toEqual([]);
    expect(texts(run)).toEqual(['false', 'true true']);
    expect(checksOf(run)).toEqual([
      ['is five', 1],
      ['truthy', 1],
      ['is big', 0],
      ['zero', 0],
      ['fine', 1],
    ]);
    expect(samplesOf(run, 'checks')[0]?.[1]).toMatchObject({ extra: '1', scenario: 'default' });
  });

  test('counts a predicate that throws as failed and skips the rest', async () => {
    const run = await runBody(
      `check(1, { a: () => true, b: () => { throw new Error('boom') }, c: () => true });`,
    );
    expect(checksOf(run)).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
    expect(run.failures.map(({ message }) => message)).toEqual(['boom']);
  });

  test('waits for asynchronous predicates, in order', async () => {
    const run = await runBody(`
      const answer = check(2, { now: (n) => n === 2, later: async (n) => { await sleep(0.001); return n === 3 }, last: () => true });
      console.log(typeof answer.then, await answer);
      console.log(await check(1, { yes: async () => true }));
      await check(1, { ok: () => 1, rejected: async () => { throw new Error('late boom') }, never: () => true });
    `);
    expect(texts(run)).toEqual(['function false', 'true']);
    expect(checksOf(run)).toEqual([
      ['now', 1],
      ['later', 0],
      ['last', 1],
      ['yes', 1],
      ['ok', 1],
      ['rejected', 0],
    ]);
    expect(run.failures.map(({ message }) => message)).toEqual(['late boom']);
  });

  test('says what is wrong with its arguments', async () => {
    const run = await runBody(`
      for (const f of [() => check(1), () => check(1, null), () => check(1, { 'a::b': true }), () => check(1, { a: 1 }, { t: {} })])
        console.log(attempt(f));
    `);
    expect(texts(run)).toEqual([
      'TypeError: no checks provided to `check`',
      'TypeError: check(value, sets): sets must be an object of checks',
      "Error: group and check names may not contain '::'",
      "TypeError: check(value, sets, tags): tag 't' must be a string, a number or a boolean, not object",
    ]);
  });
});

describe('group', () => {
  test('tags what happens inside, nests, and returns what its function returns', async () => {
    const run = await runBody(`
      console.log(group('outer', () => group('inner', () => { check(1, { in: true }); return 7 })));
      check(1, { out: true });
    `);
    expect(texts(run)).toEqual(['7']);
    expect(samplesOf(run, 'checks').map(([, tags]) => tags['group'])).toEqual([
      '::outer::inner',
      '',
    ]);
    expect(samplesOf(run, 'group_duration').map(([, tags]) => tags['group'])).toEqual([
      '::outer::inner',
      '::outer',
    ]);
  });

  test('of an async function lasts until its promise settles', async () => {
    const run = await runBody(`
      console.log(await group('slow', async () => { await sleep(0.001); check(1, { in: true }); return 'done' }));
      await group('bad', async () => { throw new Error('no') }).catch((e) => console.log(e));
      check(1, { out: true });
    `);
    expect(run.failures).toEqual([]);
    expect(texts(run)).toEqual(['done', 'Error: no']);
    expect(samplesOf(run, 'checks').map(([, tags]) => tags['group'])).toEqual(['::slow', '']);
    expect(samplesOf(run, 'group_duration').map(([, tags]) => tags['group'])).toEqual([
      '::slow',
      '::bad',
    ]);
  });

  test('records its duration when the function throws, and refuses bad arguments', async () => {
    const run = await runBody(`
      console.log(attempt(() => group('g', () => { throw new Error('inside') })));
      console.log(attempt(() => group('a::b', () => 1)), attempt(() => group('x')));
      check(1, { out: true });
    `);
    expect(texts(run)).toEqual([
      'Error: inside',
      "Error: group and check names may not contain '::' TypeError: group() requires a callback as a second argument",
    ]);
    expect(samplesOf(run, 'group_duration').map(([, tags]) => tags['group'])).toEqual(['::g']);
    expect(samplesOf(run, 'checks').map(([, tags]) => tags['group'])).toEqual(['']);
  });
});

describe('the rest of vurun', () => {
  test('sleep takes seconds or a duration and lets other events go on', async () => {
    const run = await runBody(`
      setTimeout(() => console.log('timer'), 1);
      await sleep('0.02'); console.log('slept');
      await sleep('5ms'); await sleep(-1); await sleep(NaN); await sleep('1ms500us');
      console.log(attempt(() => sleep('soon')), attempt(() => sleep('')));
    `);
    expect(run.failures).toEqual([]);
    expect(texts(run)).toEqual([
      'timer',
      'slept',
      "TypeError: sleep(wait): 'soon' is no duration; write seconds, or text such as '500ms' or '1m30s' " +
        "TypeError: sleep(wait): '' is no duration; write seconds, or text such as '500ms' or '1m30s'",
    ]);
  });

  test('fail ends the iteration with its message', async () => {
    const run = await runBody(`fail('not today'); console.log('unreachable');`);
    expect(run.failures.map(({ message }) => message)).toEqual(['not today']);
    expect(texts(run)).toEqual([]);
  });

  test('randomSeed repeats the sequence', async () => {
    const run = await runBody(`
      const draw = () => { randomSeed(42); return [Math.random(), Math.random()].join() };
      console.log(draw() === draw(), attempt(() => randomSeed('x')));
    `);
    expect(texts(run)).toEqual([
      'true TypeError: randomSeed(seed): seed must be an integer, not x',
    ]);
  });

  test('what needs a running test is refused in the init context', async () => {
    const run = await runBody(
      'console.log(errors.join("|"));',
      `const errors = [() => check(1, {}), () => group('g', () => 1), () => sleep(1), () => new Counter('cc').add(1),
        () => exec.vu.idInTest, () => exec.scenario.name, () => exec.instance.vusActive, () => exec.test.options, () => exec.test.fail(),
        () => exec.vu.tags.a].map((f) => { try { f(); return 'no error' } catch (e) { return e.message } });`,
    );
    expect(texts(run)[0]?.split('|')).toEqual([
      'Using check() in the init context is not supported',
      'Using group() in the init context is not supported',
      'Using sleep() in the init context is not supported',
      'Adding to metrics in the init context is not supported',
      'getting VU information in the init context is not supported',
      'getting scenario information outside of the VU context is not supported',
      'getting instance information in the init context is not supported',
      'getting test options in the init context is not supported',
      'execution.test.fail() called outside of VU context',
      'exec.vu.metrics.tags is not available in the init context',
    ]);
  });
});

describe('metrics', () => {
  test('add samples with tags, and take numeric text and booleans', async () => {
    const run = await runBody(
      `console.log(c.add(2), c.add('3.5', { kind: 'a', n: 1, b: true }), c.add(true), c.add(-1), r.add(0.5), r.add(false), g.add(9), t.add(1), c.name);`,
      `const c = new Counter('my_count'), r = new Rate('my_rate'), g = new Gauge('my_gauge'), t = new Trend('my_trend', true);`,
    );
    expect(run.failures).toEqual([]);
    expect(texts(run)).toEqual(['true true true true true true true true my_count']);
    expect(samplesOf(run, 'my_count').map(([value]) => value)).toEqual([2, 3.5, 1, -1]);
    expect(samplesOf(run, 'my_count')[1]?.[1]).toMatchObject({ kind: 'a', n: '1', b: 'true' });
    expect(samplesOf(run, 'my_rate').map(([value]) => value)).toEqual([1, 0]);
    expect(samplesOf(run, 'my_gauge').map(([value]) => value)).toEqual([9]);
    expect(samplesOf(run, 'my_trend').map(([value]) => value)).toEqual([1]);
  });

  test('warn about values that are no numbers, and throw for bad tags', async () => {
    const run = await runBody(
      `console.log([null, undefined, NaN, 'x', '', {}, Infinity].map((value) => c.add(value)));
       console.log(attempt(() => c.add(1, { a: null })), attempt(() => c.add(1, 'tags')), attempt(() => new Counter('later')));`,
      `const c = new Counter('my_count');`,
    );
    const invalid = (value: string): string =>
      `'${value}' is an invalid value for metric 'my_count', a number or a boolean value is expected`;
    expect(run.logs.filter((l) => l.level === 'warning').map(({ text }) => text)).toEqual(
      ['null', 'undefined', 'NaN', 'x', '', 'object', 'Infinity'].map(invalid),
    );
    expect(run.logs.filter((l) => l.level === 'info').map(({ text }) => text)).toEqual([
      '[ false, false, false, false, false, false, false ]',
      "TypeError: cannot add tags for the 'my_count' custom metric: tag 'a' must be a string, a number or a boolean, not null " +
        "TypeError: cannot add tags for the 'my_count' custom metric: tags must be an object " +
        'Error: metrics must be declared in the init context',
    ]);
    expect(samplesOf(run, 'my_count')).toEqual([]);
  });

  test('are declared once each, with a good name', async () => {
    const run = await runBody(
      'console.log(same, bad);',
      `new Counter('once'); const same = attempt(() => new Counter('once').name);
       const bad = [() => new Counter('x'), () => new Trend('once'), () => new Rate(), () => new Gauge('a\\0b')].map((f) => attempt(f).split(':')[0]);`,
    );
    expect(run.failures).toEqual([]);
    expect(texts(run)).toEqual(['once [ "Error", "Error", "TypeError", "Error" ]']);
  });
});

describe('SharedArray', () => {
  test('is an array nobody can change, of fresh frozen elements', async () => {
    const run = await runBody(
      `console.log(a.length, Array.isArray(a), a[0], a[2], a['x'], 1 in a, 2 in a, a[0] !== a[0], Object.keys(a));
       console.log([...a].length, a.map((e) => e.id), a.find((e) => e.id === 2).nested.deep, JSON.stringify(a), a.at(-1).id, a.includes(1));
       console.log(a);
       for (const f of [() => { a[0] = 1 }, () => a.push(1), () => { a.length = 0 }, () => delete a[0], () => Object.defineProperty(a, 'x', { value: 1 }), () => a.reverse()])
         console.log(attempt(f));
       const strictly = (f) => attempt(f).split(':')[0];
       console.log(strictly(() => { 'use strict'; a[0].id = 9 }), strictly(() => { 'use strict'; a[1].nested.deep = 9 }));`,
      `let calls = 0; const make = () => { calls++; return [{ id: 1 }, { id: 2, nested: { deep: 'd' } }] };
       const a = new SharedArray('users', make), again = new SharedArray('users', make);
       if (calls !== 1 || again.length !== 2) throw new Error('called ' + calls + ' times');`,
    );
    expect(run.failures).toEqual([]);
    const immutable = 'TypeError: SharedArray is immutable';
    expect(texts(run)).toEqual([
      '2 true { id: 1 } undefined undefined true false true [ "0", "1" ]',
      '2 [ 1, 2 ] d [{"id":1},{"id":2,"nested":{"deep":"d"}}] 2 false',
      '[ { id: 1 }, { id: 2, nested: { deep: "d" } } ]',
      ...Array<string>(6).fill(immutable),
      'TypeError TypeError',
    ]);
  });

  test('says what is wrong with its arguments', async () => {
    const run = await runBody(
      `console.log(errors.join('|'), attempt(() => new SharedArray('late', () => [])));`,
      `const errors = [() => new SharedArray('', () => []), () => new SharedArray('n'), () => new SharedArray('n', () => ({})),
        () => new SharedArray('n', async () => []), () => new SharedArray('n', () => [1, undefined])].map(attempt);`,
    );
    expect(texts(run)[0]?.split('|')).toEqual([
      "TypeError: empty name provided to SharedArray's constructor",
      "TypeError: a function is expected as the second argument of SharedArray's constructor",
      'TypeError: only arrays can be made into SharedArray',
      "TypeError: SharedArray 'n' does not support async functions; make the array first",
      "TypeError: SharedArray 'n': element 1 is undefined, which JSON cannot hold " +
        'Error: new SharedArray must be called in the init context',
    ]);
  });
});

describe('exec', () => {
  test('knows the VU, the scenario and the options', async () => {
    const run = await runBody(
      `const { scenario, vu, instance, test } = exec;
       console.log(vu.idInTest, vu.idInInstance, vu.iterationInInstance === __ITER, vu.iterationInScenario, scenario.name, scenario.executor, scenario.iterationInTest);
       console.log(scenario.startTime > 1e12, scenario.progress, instance.currentTestRunDuration >= 0, instance.vusActive);
       console.log(Object.keys(test.options.scenarios), Object.isFrozen(test.options.scenarios.default), test.options === test.options);`,
      '',
      { iterations: 2 },
    );
    expect(run.failures).toEqual([]);
    expect(texts(run)[0]).toBe('1 1 true 0 default per-vu-iterations 0');
    expect(texts(run).slice(1, 3)).toEqual(['true 0 true 1', '[ "default" ] true true']);
    expect(texts(run)[3]).toBe('1 1 true 1 default per-vu-iterations 1');
  });

  test('sets and deletes tags of the VU, and says that metadata is not there yet', async () => {
    const run = await runBody(`
      const { tags, metrics } = exec.vu;
      tags.user = 'vip'; tags.n = 5;
      check(1, { tagged: true });
      console.log(metrics.tags.user, tags.n, 'user' in tags, tags.nothing, Object.keys(tags).includes('scenario'));
      delete tags.user;
      check(1, { untagged: true });
      console.log(attempt(() => { tags.bad = {} }));
      console.log(attempt(() => { metrics.metadata.trace = 'abc' }));
    `);
    expect(run.failures).toEqual([]);
    expect(texts(run)).toEqual([
      'vip 5 true undefined true',
      "TypeError: exec.vu.metrics.tags: tag 'bad' must be a string, a number or a boolean, not object",
      'Error: metadata is not supported yet: samples carry tags only (exec.vu.metrics.tags)',
    ]);
    expect(samplesOf(run, 'checks').map(([, tags]) => [tags['user'], tags['n']])).toEqual([
      ['vip', '5'],
      [undefined, '5'],
    ]);
  });

  test('ends or fails the test', async () => {
    const failed = await runBody(`exec.test.fail('bad data'); console.log('goes on');`);
    expect(failed.ends[0]).toBe('test marked as failed: bad data');
    expect(texts(failed)).toEqual(['goes on']);
    const aborted = await runBody(`exec.test.abort('enough'); console.log('unreachable');`);
    expect(aborted.ends[0]).toMatch(/^test aborted: enough/);
    expect(texts(aborted)).toEqual([]);
  });

  test('has the same parts as named exports', async () => {
    const run = await runGuest(`
      import exec, { instance, scenario, test, vu } from 'vurun/execution';
      export default () => console.log(exec.vu === vu && exec.scenario === scenario && exec.instance === instance && exec.test === test);
    `);
    expect(texts(run)).toEqual(['true']);
  });
});

test('an interrupted iteration leaves no timers to the next', async () => {
  const run = await runBody(
    `if (__ITER === 1) { clearTimeout(left); await sleep(0.01); console.log('second iteration slept'); return }
     left = setTimeout(() => console.log('never'), 600_000); await sleep(600);`,
    'let left;',
    { iterations: 2, interruptAfterMs: 100 },
  );
  expect(run.ends).toEqual(['interrupted', 'complete']);
  expect(texts(run)).toEqual(['second iteration slept']);
});

test('a bundle holds only what its script imports from vurun', async () => {
  const bundle = await bundleForTest(
    `import { check, type Options } from 'vurun'; export const options: Options = {}; export default () => check(1, {});`,
  );
  for (const name of [
    'is immutable',
    'iterationInTest',
    'metrics must be declared',
    'outer::inner',
    'group()',
  ]) {
    expect([name, bundle.includes(name)]).toEqual([name, false]);
  }
});
