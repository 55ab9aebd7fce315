/** k6 scripts as their users run them: the real command line against a server. */
import { describe, expect, test } from 'vitest';
import { count, countingServer, logLines, ownTraces, runScript, said } from './support/cli.ts';

describe.concurrent('a k6 script', () => {
  test('has setup, scenarios, teardown and handleSummary that block', async () => {
    const server = await countingServer();
    const run = await runScript(
      `import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import encoding from 'k6/encoding';
const seen = new Counter('seen');
const time = new Trend('time', true);
const users = new SharedArray('users', () => [{ name: 'ada' }, { name: 'bob' }]);
export const options = {
  scenarios: {
    browse: { executor: 'per-vu-iterations', vus: 2, iterations: 2, exec: 'browse' },
    buy: { executor: 'shared-iterations', vus: 1, iterations: 1, exec: 'buy', startTime: '100ms' },
  },
  thresholds: { 'http_reqs{group:::setup}': ['count==1'], 'group_duration{group:::steps}': ['min>=20'] },
};
const load = (path) => http.get(__ENV.TARGET + path);
export function setup() { return { token: load('setup').body }; }
export function browse({ token }) {
  group('steps', () => {
    const res = load('browse/' + users[__ITER % 2].name);
    check(res, { ok: (r) => r.status === 200, token: () => token === 'ok' });
    sleep(0.02);
    time.add(res.timings.duration);
  });
  seen.add(1, { scenario_name: exec.scenario.name });
}
export const buy = (data) => { console.log('bought', http.post(__ENV.TARGET + 'buy', data).body, encoding.b64encode('x')); };
export function teardown(data) { load('teardown?' + data.token); }
export function handleSummary(data) { return { stdout: 'reqs ' + data.metrics.http_reqs.values.count }; }
`,
      ['-e', `TARGET=${server.url}`],
    );
    expect(logLines(run, 'error')).toEqual([]);
    expect(run.exitCode).toBe(0);
    expect(said(run)).toEqual(['bought ok eA==']);
    expect(run.stdout).toContain('reqs 7');
    expect(count(run, 'seen')).toBe(4);
    expect(run.summary?.root_group.groups).toBeDefined();
    expect([...server.paths].sort()).toEqual([
      '/browse/ada',
      '/browse/ada',
      '/browse/bob',
      '/browse/bob',
      '/buy',
      '/setup',
      '/teardown?ok',
    ]);
  });

  test('may be CommonJS', async () => {
    const server = await countingServer();
    const run = await runScript('', ['-e', `TARGET=${server.url}`], {
      files: {
        'main.ts': `const http = require('k6/http');
const { check, sleep } = require('k6');
const helper = require('./helper.js');
module.exports.options = { iterations: 2 };
module.exports.default = function () { check(helper.load(http), { ok: (r) => r.status === 200 }); sleep(0.01); };
`,
        'helper.js': `exports.load = (client) => client.get(__ENV.TARGET + 'cjs');`,
      },
    });
    expect(run.exitCode).toBe(0);
    expect(server.paths).toEqual(['/cjs', '/cjs']);
    expect(count(run, 'iterations')).toBe(2);
  });

  test('mixes with modules of vurun, whose promises settle when nothing blocks', async () => {
    const server = await countingServer();
    const run = await runScript(
      `import http from 'k6/http';
import { sleep as block } from 'k6';
import later from 'vurun/http';
import { sleep } from 'vurun';
const log = [];
export default async function () {
  const pending = later.get(__ENV.TARGET + 'later').then((r) => log.push('later ' + r.status));
  http.get(__ENV.TARGET + 'now');
  block(0.05);
  log.push('blocked');
  await sleep(0.01);
  log.push('slept');
  await pending;
  console.log(log.join());
}
`,
      ['-e', `TARGET=${server.url}`],
    );
    expect(said(run)).toEqual(['blocked,later 200,slept']);
    expect(run.exitCode).toBe(0);
  });

  test('goes on after an exception, and says where it was thrown', async () => {
    const server = await countingServer();
    const run = await runScript(
      `import http from 'k6/http';
export const options = { iterations: 2 };
function load(n) {
  const res = http.get(__ENV.TARGET + n);
  if (n === 0) throw new Error('first ' + res.status);
  return res;
}
export default function () {
  load(__ITER);
}
`,
      ['-e', `TARGET=${server.url}`],
    );
    expect(server.hits()).toBe(2);
    expect(count(run, 'iterations')).toBe(2);
    expect(count(run, 'iterations_failed')).toBe(1);
    const [line = ''] = logLines(run, 'error');
    expect(line).toContain('Error: first 200');
    expect(line).toContain('at load (main.ts:5');
    expect(line).toContain('at default (main.ts:9:');
    expect(run.stderr).not.toMatch(ownTraces);
    expect(run.stderr).not.toContain('$vu');
  });

  test('that is cut off while it blocks leaves nothing to the next scenario', async () => {
    const server = await countingServer();
    const run = await runScript(
      `import http from 'k6/http';
import { sleep } from 'k6';
export const options = { scenarios: {
  a: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s', exec: 'stuck' },
  b: { executor: 'shared-iterations', vus: 1, iterations: 1, startTime: '1200ms', exec: 'next' } } };
export function stuck() {
  Promise.resolve().then(() => console.log('job of stuck'));
  setTimeout(() => console.log('timer of stuck'), 10);
  try { sleep(30); console.log('never'); } finally { console.log('never either'); }
}
export function next() { console.log('next', http.get(__ENV.TARGET).status); sleep(0.01); console.log('end'); }
`,
      ['-e', `TARGET=${server.url}`],
    );
    expect(run.exitCode).toBe(0);
    const lines = said(run);
    expect(lines.filter((line) => line.includes('never'))).toEqual([]);
    expect(lines.filter((line) => line.includes('timer'))).toEqual([]);
    expect(lines.slice(-2)).toEqual(['next 200', 'end']);
  });

  test('that has to wait where nothing can ends with 107 and one sentence', async () => {
    const server = await countingServer();
    const run = await runScript(
      `import http from 'k6/http';
export const options = { vus: 5, iterations: 50 };
const revive = (key, value) => http.get(__ENV.TARGET + key).status;
export default function () {
  try { JSON.parse('[1]', revive); } catch (e) { console.log('caught'); }
  console.log('never');
}
`,
      ['-e', `TARGET=${server.url}`],
    );
    expect(run.exitCode).toBe(107);
    expect(said(run)).toEqual([]);
    expect(server.hits()).toBe(0);
    const errors = logLines(run, 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(
      /CannotWait: http\.get\(\) has to wait at main\.ts:3:\d+, but it was reached through parse \(native\)/,
    );
    expect(errors[0]).toContain('at default (main.ts:5');
    expect(run.stderr).not.toMatch(ownTraces);
  });

  test('is refused where that can be known, all places at once', async () => {
    const run = await runScript(`import http from 'k6/http';
import { sleep } from 'k6';
class Early { static token = http.get('http://x.test/').body; }
async function* pages() { sleep(1); yield 1; }
export default function () { JSON.parse('1', () => http.post('x')); return [Early, pages]; }
`);
    expect(run.exitCode).toBe(107);
    const text = run.stdout + run.stderr;
    expect(text).toMatch(
      /main\.ts:3:\d+: http\.get\(\) has to wait, and the initialisation of a class/,
    );
    expect(text).toMatch(/main\.ts:4:\d+: sleep\(\) has to wait, and an asynchronous generator/);
    expect(text).toMatch(
      /main\.ts:5:\d+: http\.post\(\) has to wait, and the callback of JSON\.parse/,
    );
  });

  test('may not make requests in its init code', async () => {
    const http = await runScript(
      `import http from 'k6/http';\nconst load = () => http.get('http://x.test/');\nload();\nexport default function () {}`,
    );
    expect(http.exitCode).toBe(107);
    expect(http.stderr).toContain(
      'GoError: Making http requests in the init context is not supported',
    );
    expect(http.stderr).toContain('at load (main.ts:2');
  });

  test('may sleep in its init code, which waits then', async () => {
    const run = await runScript(`import { sleep } from 'k6';
const pause = () => sleep(0.3);
const before = Date.now();
pause();
sleep(-1);
const waited = Date.now() - before;
export default function () { console.log(waited >= 290); }`);
    expect(run.exitCode).toBe(0);
    expect(said(run)).toEqual(['true']);
    const long = await runScript(
      `import { sleep } from 'k6';\nsleep(60);\nexport default function () {}`,
    );
    expect(long.exitCode).toBe(107);
    expect(long.stderr).toMatch(
      /sleep\(\) in the init context holds up all VUs, and may take less than 10s there, not 1m.*main\.ts:2/s,
    );
  });

  test('may put a multipart form together itself, as polyfills of FormData do', async () => {
    const bodies: string[] = [];
    const server = await countingServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        bodies.push(
          `${request.headers['content-type']} ${Buffer.concat(parts).toString('latin1')}`,
        );
        response.end();
      });
    });
    const run = await runScript(
      `import http from 'k6/http';
const image = open('image.bin', 'b');
function FormData() { this.boundary = '----x'; this.parts = []; }
FormData.prototype.append = function (name, value) { this.parts.push([name, value]); };
FormData.prototype.body = function () {
  const bytes = [];
  const text = (line) => { for (let i = 0; i < line.length; i++) bytes.push(line.charCodeAt(i)); };
  this.parts.forEach(([name, value]) => {
    text('--' + this.boundary + '\\r\\nContent-Disposition: form-data; name="' + name + '"');
    if (value.data === undefined) text('\\r\\n\\r\\n' + value);
    else {
      text('; filename="' + value.filename + '"\\r\\nContent-Type: ' + value.content_type + '\\r\\n\\r\\n');
      if (typeof value.data === 'string') text(value.data);
      else new Uint8Array(value.data).forEach((byte) => bytes.push(byte));
    }
    text('\\r\\n');
  });
  text('--' + this.boundary + '--\\r\\n');
  return new Uint8Array(bytes).buffer;
};
export default function () {
  const form = new FormData();
  form.append('title', 'a b');
  form.append('image', http.file(image, 'a.bin', 'image/x'));
  form.append('text', http.file('some', 't.txt', 'text/plain'));
  http.post(__ENV.TARGET, form.body(), { headers: { 'Content-Type': 'multipart/form-data; boundary=' + form.boundary } });
}`,
      ['-e', `TARGET=${server.url}`],
      { files: { 'image.bin': 'AB' } },
    );
    expect(run.stderr).toBe('');
    expect(bodies).toEqual([
      [
        'multipart/form-data; boundary=----x ------x',
        'Content-Disposition: form-data; name="title"',
        '',
        'a b',
        '------x',
        'Content-Disposition: form-data; name="image"; filename="a.bin"',
        'Content-Type: image/x',
        '',
        'AB',
        '------x',
        'Content-Disposition: form-data; name="text"; filename="t.txt"',
        'Content-Type: text/plain',
        '',
        'some',
        '------x--',
        '',
      ].join('\r\n'),
    ]);
  });

  test('has one default export of k6/http, whoever changes or hands it on', async () => {
    const server = await countingServer((request, response) => {
      response.end(`${request.method} ${request.url}`);
    });
    const patched = await runScript('', ['-e', `TARGET=${server.url}`], {
      files: {
        'main.ts': `import http from 'k6/http';
import { patch } from './lib.js';
export default function () {
  console.log(http.get(__ENV.TARGET + 'a').body);
  patch();
  console.log(http.get(__ENV.TARGET + 'b').body);
}`,
        'lib.js': `import http from 'k6/http';
export function patch() { const before = http.get; http.get = (url) => before(url + '?patched'); }`,
      },
    });
    expect(said(patched)).toEqual(['GET /a', 'GET /b?patched']);
    const handed = await runScript(
      `import http from 'k6/http';
const load = (client, name) => client[name](__ENV.TARGET).body;
export default function () {
  console.log(load(http, 'get'), load({ get: (u) => ({ body: 'mine' }) }, 'get'));
  const { post } = http;
  console.log(post(__ENV.TARGET, 'x').body, http['head'](__ENV.TARGET).status, typeof http.nope, http.TLS_1_3, 'batch' in http);
}`,
      ['-e', `TARGET=${server.url}`],
    );
    expect(said(handed)).toEqual(['GET / mine', 'POST / 200 undefined tls1.3 true']);
    const direct = await runScript(
      `import http from 'k6/http';
class Client { constructor(http) { this.http = http; } load() { return this.http.get('own'); } }
const get = (http) => http.get;
export default function () {
  const http$ = 1;
  console.log(http.get(__ENV.TARGET).body, http.request('PUT', __ENV.TARGET).body, http.OCSP_STATUS_GOOD);
  console.log(new Client({ get: (what) => what }).load(), get({ get: 2 }), http$);
  console.log([http.post, http.post].map((send) => send(__ENV.TARGET).body).join(), http.url\`\${__ENV.TARGET}\${1}\`.name);
  for (const http of [{ get: 3 }]) console.log(http.get);
}`,
      ['-e', `TARGET=${server.url}`],
    );
    expect(said(direct)).toEqual([
      'GET / PUT / good',
      'own 2 1',
      expect.stringMatching(/^POST \/,POST \/ \S*\$\{\}\$\{\}$/),
      '3',
    ]);
  });

  test('gets one answer and nulls for a batch with something that is no request', async () => {
    const server = await countingServer();
    const script = `import http from 'k6/http';
const good = __ENV.TARGET;
export default function () {
  const show = (requests) => {
    try {
      const answers = http.batch(requests);
      console.log(JSON.stringify(answers, (key, value) => value instanceof Object && 'error_code' in value ? [value.status, value.error, value.error_code] : value));
    } catch (e) {
      console.log(String(e));
    }
  };
  show([good, '::', good]);
  show([good, 5]);
  show({ a: good, b: { method: 'GET' }, c: good });
  show([['POST', good, 7], good]);
  show([good, [5, good]]);
  show([[ 'GET', good, null, { responseType: 'nope' }]]);
  show();
  show('x');
  show([good]);
}`;
    const run = await runScript(script, ['-e', `TARGET=${server.url}`]);
    expect(said(run)).toEqual([
      '[null,[0,"invalid URL",1020],null]',
      '[null,[0,"invalid batch request \'5\'",1000]]',
      '{"a":null,"b":[0,"batch request b doesn\'t have a url key",1000],"c":null}',
      '[[0,"unknown request body type number",1000],null]',
      '[null,[0,"invalid method type \'5\'",1000]]',
      expect.stringMatching(/^\[\[0,"unknown responseType /),
      'GoError: no argument was provided to http.batch()',
      'GoError: http.batch() accepts only an array or an object of requests',
      '[[200,"",0]]',
    ]);
    expect(server.hits()).toBe(1);
    expect(count(run, 'http_reqs')).toBe(1);
    expect(logLines(run, 'warning').filter((l) => l.includes('Request Failed'))).toHaveLength(6);
    const strict = await runScript(script, ['-e', `TARGET=${server.url}`, '--throw']);
    expect(said(strict).slice(0, 2)).toEqual([
      'GoError: Get "::": invalid URL',
      'GoError: Get "": invalid batch request \'5\'',
    ]);
    expect(server.hits()).toBe(2);
  });

  test('refuses asynchronous functions where k6 does', async () => {
    const run = await runScript(`import { check, group } from 'k6';
export default function () {
  for (const fn of [() => group('g', async () => {}), () => check(1, { a: async () => true })]) {
    try { fn(); console.log('went on'); } catch (e) { console.log(e.message); }
  }
}`);
    const lines = said(run);
    expect(lines[0]).toContain('group() does not support async functions as arguments');
    expect(lines[1]).toContain(
      'the built-in check() does not support async functions as arguments',
    );
  });
});
