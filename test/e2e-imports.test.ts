/** What k6 users import: URLs, CommonJS, TypeScript, JSON, packages, and files beside a module. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliRun, folder, logLines, runCli, said } from './support/cli.ts';

/** Paths with their content, which tests change; a number is a status, an address a redirect. */
const pages = new Map<string, string>();
const asked: string[] = [];
const servers: Server[] = [];
let http = '';
let secure = '';
let cert = '';

beforeAll(async () => {
  const dir = folder({});
  execFileSync(
    'openssl',
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out crt -days 2 -subj /CN=here -addext subjectAltName=IP:127.0.0.1'.split(
      ' ',
    ),
    { cwd: dir, stdio: 'ignore' },
  );
  cert = join(dir, 'crt');
  const tls = { key: readFileSync(join(dir, 'key')), cert: readFileSync(cert) };
  const answer: Parameters<typeof createServer>[1] = (request, response) => {
    asked.push(request.url ?? '');
    const page = pages.get(request.url ?? '');
    if (page?.startsWith('to ')) response.writeHead(302, { location: page.slice(3) }).end();
    else if (page === undefined) response.writeHead(404).end();
    else {
      const type = page.startsWith('<') ? 'text/html' : 'application/javascript';
      response.writeHead(200, { 'content-type': type }).end(page);
    }
  };
  const listen = async (server: Server): Promise<number> => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  http = `http://127.0.0.1:${await listen(createServer(answer))}`;
  secure = `https://127.0.0.1:${await listen(https.createServer(tls, answer))}`;
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const run = (dir: string, args: readonly string[] = [], main = 'main.js'): Promise<CliRun> =>
  runCli(['run', main, '-q', '--summary-mode', 'disabled', ...args], {
    dir,
    env: { NODE_EXTRA_CA_CERTS: cert, VURUN_CACHE_DIR: join(dir, 'cache') },
  });
const lockOf = (dir: string): string => readFileSync(join(dir, 'vurun.lock.json'), 'utf8');

describe('an import by URL', () => {
  it('is fetched once, kept with its hash, and works offline afterwards', async () => {
    pages.set('/k6-utils/1.4.0/index.js', "export { pick } from './lib/pick.js';");
    pages.set(
      '/k6-utils/1.4.0/lib/pick.js',
      "import { check } from 'k6'; import { one } from '/one.js';\nexport const pick = (a) => { check(a, { some: (x) => x.length > 0 }); return a[one]; };",
    );
    pages.set('/one.js', 'export const one = 1;');
    const dir = folder({
      'main.js': `import { pick } from '${secure}/k6-utils/1.4.0/index.js';
export default function () { console.log(pick(['a', 'b'])); }`,
    });
    asked.length = 0;
    const first = await run(dir);
    expect([first.exitCode, said(first), first.stderr.includes('warning')]).toEqual([
      0,
      ['b'],
      false,
    ]);
    expect(asked.sort()).toEqual([
      '/k6-utils/1.4.0/index.js',
      '/k6-utils/1.4.0/lib/pick.js',
      '/one.js',
    ]);
    const lock = JSON.parse(lockOf(dir)) as { modules: Record<string, { sha256: string }> };
    expect(Object.keys(lock.modules)).toEqual([
      `${secure}/k6-utils/1.4.0/index.js`,
      `${secure}/k6-utils/1.4.0/lib/pick.js`,
      `${secure}/one.js`,
    ]);
    expect(readdirSync(join(dir, 'cache')).sort()).toEqual(
      Object.values(lock.modules)
        .map((module) => module.sha256)
        .sort(),
    );
    const again = await run(dir, ['--offline']);
    expect([again.exitCode, said(again), asked.length]).toEqual([0, ['b'], 3]);
  });

  it('is refused when it has changed, until that is accepted', async () => {
    pages.set('/changing.js', 'export const n = 1;');
    const dir = folder({
      'main.js': `import { n } from '${http}/changing.js';
export default function () { console.log('n is ' + n); }`,
    });
    expect(said(await run(dir))).toEqual(['n is 1']);
    const before = lockOf(dir);
    pages.set('/changing.js', 'export const n = 2;');
    // What is kept is what was locked: no change elsewhere reaches the script.
    expect(said(await run(dir))).toEqual(['n is 1']);
    const elsewhere = { VURUN_CACHE_DIR: join(dir, 'other') };
    const refused = await runCli(['run', 'main.js', '-q'], { dir, env: elsewhere });
    expect(refused.exitCode).toBe(107);
    expect(refused.stderr).toMatch(
      /main\.js:1:\d+: 'http.*changing\.js' is not what it was: its sha256 is \w{64}, and vurun\.lock\.json holds \w{64}; if you trust the change, run once with --update-imports/,
    );
    expect(lockOf(dir)).toBe(before);
    expect(said(await run(dir, ['--update-imports']))).toEqual(['n is 2']);
    expect(lockOf(dir)).not.toBe(before);
    expect(said(await run(dir))).toEqual(['n is 2']);
  });

  it('follows redirects, and what is imported there starts from there', async () => {
    pages.set('/latest.js', 'to /v2/main.js');
    pages.set('/v2/main.js', "export { v } from './v.js';");
    pages.set('/v2/v.js', 'export const v = "two";');
    const dir = folder({
      'main.js': `import { v } from '${http}/latest.js';
export default function () { console.log(v); }`,
    });
    expect(said(await run(dir))).toEqual(['two']);
    expect(lockOf(dir)).toContain(`"from": "${http}/v2/main.js"`);
    expect(said(await run(dir, ['--offline']))).toEqual(['two']);
  });

  it('says with file and line why it cannot be had', async () => {
    pages.set('/page', '<!doctype html>');
    pages.set('/bad.js', 'export const = 1;');
    pages.set('/local.js', "import 'file:///etc/hosts';");
    pages.set('/package.js', "import 'lodash';");
    pages.set('/down.js', `import '${http}/one.js';`);
    const cases: [string, RegExp][] = [
      [
        `${http}/nowhere.js`,
        /main\.js:1:\d+: '.*nowhere\.js' cannot be fetched: the server answers 404/,
      ],
      ['http://127.0.0.1:1023/x.js', /cannot be fetched: connect ECONNREFUSED 127\.0\.0\.1:1023/],
      [`${http}/page`, /is a web page, not a module/],
      [
        `${http}/bad.js`,
        /http:\/\/127\.0\.0\.1:\d+\/bad\.js:1:14: Expected identifier.*\(imported by main\.js\)/,
      ],
      [`${http}/local.js`, /a module from a URL cannot import from 'file:'/],
      [`${http}/package.js`, /'lodash': a module from a URL can import .* no packages/],
      [`${secure}/down.js`, /a module that came over https cannot import over http/],
      ['ftp://127.0.0.1/x.js', /not 'ftp:'/],
    ];
    for (const [url, text] of cases) {
      const dir = folder({ 'main.js': `import '${url}';\nexport default function () {}` });
      const result = await run(dir);
      expect([url, result.exitCode]).toEqual([url, 107]);
      expect(result.stderr).toMatch(text);
      expect(existsSync(join(dir, 'vurun.lock.json'))).toBe(false);
    }
    const dir = folder({ 'main.js': `import '${http}/one.js';\nexport default function () {}` });
    const offline = await run(dir, ['--offline']);
    expect(offline.exitCode).toBe(107);
    expect(offline.stderr).toContain(
      'is not there offline: vurun.lock.json does not know it; run once without --offline',
    );
    writeFileSync(join(dir, 'vurun.lock.json'), '{}');
    const broken = await run(dir);
    expect([broken.exitCode, broken.stderr]).toEqual([
      107,
      expect.stringContaining('vurun.lock.json cannot be used: it is no lock file of version 1'),
    ]);
  });

  it('names the URL in stack traces, in blocking scripts too', async () => {
    pages.set(
      '/thrower.js',
      "import { sleep } from 'k6';\nexport function boom() {\n  sleep(0.001);\n  throw new Error('boom');\n}",
    );
    const dir = folder({
      'main.js': `import { boom } from '${http}/thrower.js';\nexport default function () { boom(); }`,
    });
    const result = await run(dir);
    expect(result.stderr).toContain(`boom (${http}/thrower.js:4:`);
    expect(result.stderr).toContain('main.js:2:');
  });
});

describe('imports from disk', () => {
  it('are CommonJS, TypeScript, JSON and packages, with or without extension', async () => {
    const dir = folder({
      'main.js': `const { check } = require('k6');
const { hello } = require('./lib/hello');
const data = require('./data.json');
const pack = require('pack');
exports.options = { iterations: 2 };
exports.default = function () { check(1, { one: (n) => n === 1 }); console.log(hello(data.name) + pack.mark); };`,
      'lib/hello.ts': 'export const hello = (name: string): string => `hello ${name}`;',
      'data.json': '{"name":"json"}',
      'node_modules/pack/package.json': '{"name":"pack","main":"lib.js"}',
      'node_modules/pack/lib.js': "module.exports = { mark: '!' };",
    });
    const result = await run(dir);
    expect([result.exitCode, said(result)]).toEqual([0, ['hello json!', 'hello json!']]);
  });

  it('reads a script whose module.exports is its function', async () => {
    const dir = folder({
      'main.js': `const http = require('k6/http');
const { sleep } = require('k6');
const vurun = require('vurun');
module.exports = function () { sleep(0.01); console.log(http.get('${http}/one.js').status, typeof vurun.check); };
module.exports.options = { iterations: 1 };`,
    });
    const result = await run(dir);
    expect([result.exitCode, said(result)]).toEqual([0, ['200 function']]);
  });
});

describe('open() in a module of another directory', () => {
  const files = {
    'main.js': `import { text } from './lib/reader.js';
export const options = { vus: 2, iterations: 2 };
export default function () { console.log(text); }`,
    'lib/reader.js': "export const text = open('./data.txt');",
  };

  it('looks beside the main script, as k6 does, and then beside the module', async () => {
    const main = folder({ ...files, 'data.txt': 'main' });
    expect(said(await run(main))).toEqual(['main', 'main']);
    const beside = folder({ ...files, 'lib/data.txt': 'beside' });
    expect(said(await run(beside))).toEqual(['beside', 'beside']);
  });

  it('says which of two files it reads', async () => {
    const both = await run(folder({ ...files, 'data.txt': 'main', 'lib/data.txt': 'beside' }));
    expect(said(both)).toEqual(['main', 'main']);
    expect(logLines(both, 'warning').join()).toMatch(
      /open\('\.\/data\.txt'\) reads .*data\.txt, as k6 does; the file beside the calling module, .*lib\/data\.txt, is not read/,
    );
    const none = await run(folder(files));
    expect(none.exitCode).toBe(107);
    expect(none.stderr).toMatch(/there is no file '\.\/data\.txt' \(looked in .* and .*lib\)/);
  });
});
