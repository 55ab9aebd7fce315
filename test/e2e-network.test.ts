/** The options that bound the network, and k6's variables and config file, through the real command line. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import {
  type CliRun,
  countingServer,
  folder,
  logLines,
  runCli,
  said,
  startCli,
} from './support/cli.ts';

const script = (options: object, url: string): string => `import http from 'k6/http';
export const options = ${JSON.stringify(options)};
export default function () {
  const r = http.get(${JSON.stringify(url)});
  console.log(r.status + ' ' + r.error_code + ' ' + r.error);
}`;
const run = (
  text: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<CliRun> =>
  runCli(['run', 'main.js', '-q', '--summary-mode', 'disabled', ...args], {
    files: { 'main.js': text, 'config.json': '{"userAgent":"from-config"}' },
    env,
  });

describe('what nothing is to be sent to', () => {
  it('is named by network, with k6 error 1110', async () => {
    const server = await countingServer();
    const port = new URL(server.url).port;
    for (const url of [server.url, `http://localhost:${port}/`, 'http://elsewhere.test:1/']) {
      const result = await run(
        script(
          { blacklistIPs: ['10.0.0.0/8', '127.0.0.0/8'], hosts: { 'elsewhere.test': '127.0.0.9' } },
          url,
        ),
      );
      expect([url, said(result)]).toEqual([url, ['0 1110 ip is blacklisted']]);
      expect(logLines(result, 'warning').join()).toMatch(
        /ip \(127\.0\.0\.[19]\) is in a blacklisted range \(127\.0\.0\.0\/8\)/,
      );
    }
    const flag = await run(script({}, server.url), ['--blacklist-ip', '127.0.0.1']);
    expect(said(flag)).toEqual(['0 1110 ip is blacklisted']);
    expect(server.hits()).toBe(0);
  });

  it('is named by host, with k6 error 1111', async () => {
    const server = await countingServer();
    const url = server.url.replace('127.0.0.1', 'API.example.test');
    const blocked = await run(
      script(
        { blockHostnames: ['*.example.test'], hosts: { 'api.example.test': '127.0.0.1' } },
        url,
      ),
    );
    expect(said(blocked)).toEqual(['0 1111 hostname is blocked']);
    expect(logLines(blocked, 'warning').join()).toContain(
      'hostname (api.example.test) is in a blocked pattern (*.example.test)',
    );
    const env = { K6_BLOCK_HOSTNAMES: 'a.test,127.0.0.1' };
    expect(said(await run(script({}, server.url), [], env))).toEqual([
      '0 1111 hostname is blocked',
    ]);
    const free = await run(script({}, server.url), [], { ...env, VURUN_BLOCK_HOSTNAMES: 'a.test' });
    expect(said(free)).toEqual(['200 0 ']);
    expect(server.hits()).toBe(1);
  });

  it('holds for WebSockets', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      const result = await run(
        `import { WebSocket } from 'vurun/websocket';
export const options = { blacklistIPs: ['127.0.0.0/8'], blockHostnames: ['blocked.test'] };
export default async function () {
  for (const url of ['ws://127.0.0.1:${port}/', 'ws://localhost:${port}/', 'wss://blocked.test/']) {
    await new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.onerror = (event) => console.log(event.error);
      socket.onclose = resolve;
    });
  }
}`,
      );
      expect(said(result)).toEqual([
        'ip (127.0.0.1) is in a blacklisted range (127.0.0.0/8)',
        'ip (127.0.0.1) is in a blacklisted range (127.0.0.0/8)',
        'hostname (blocked.test) is in a blocked pattern (blocked.test)',
      ]);
    } finally {
      server.close();
    }
  });
});

describe('dns', () => {
  it('takes the addresses its policy allows', async () => {
    const server = await countingServer();
    const url = server.url.replace('127.0.0.1', 'localhost');
    const first = await run(
      script({ dns: { ttl: '0', select: 'first', policy: 'onlyIPv4' } }, url),
    );
    expect(said(first)).toEqual(['200 0 ']);
    const flag = await run(script({ iterations: 3 }, url), ['--dns', 'ttl=inf,select=roundRobin']);
    expect(said(flag)).toEqual(['200 0 ', '200 0 ', '200 0 ']);
    const seen = await runCli(['inspect', 'main.js'], {
      files: { 'main.js': script({}, url) },
      env: { K6_DNS: 'ttl=1m,policy=any' },
    });
    expect((JSON.parse(seen.stdout) as { dns: unknown }).dns).toEqual({
      ttl: '1m',
      select: 'random',
      policy: 'any',
    });
  });
});

describe('TLS', () => {
  let port = 0;
  let server: https.Server;
  beforeAll(async () => {
    const dir = folder({});
    execFileSync(
      'openssl',
      'req -x509 -newkey rsa:2048 -nodes -keyout key -out crt -days 2 -subj /CN=here'.split(' '),
      { cwd: dir, stdio: 'ignore' },
    );
    server = https.createServer(
      {
        key: readFileSync(join(dir, 'key')),
        cert: readFileSync(join(dir, 'crt')),
        minVersion: 'TLSv1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      },
      (_request, response) => response.end('ok'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const tls = (options: object): Promise<CliRun> =>
    run(`import http from 'k6/http';
export const options = ${JSON.stringify({ insecureSkipTLSVerify: true, ...options })};
export default function () {
  const r = http.get('https://127.0.0.1:${port}/');
  console.log(r.status + ' ' + r.tls_version + ' ' + r.tls_cipher_suite);
}`);

  it('is spoken in the version that is asked for', async () => {
    for (const [options, version] of [
      [{ tlsVersion: 'tls1.1' }, 'tls1.1'],
      [{ tlsVersion: { min: 'tls1.0', max: 'tls1.2' } }, 'tls1.2'],
      [{ tlsVersion: { min: 'tls1.3' } }, 'tls1.3'],
      [{ tlsVersion: { max: 'tls1.0' } }, 'tls1.0'],
    ] as const) {
      expect(said(await tls(options)).join()).toContain(`200 ${version} `);
    }
  });

  it('uses the cipher suites that are asked for', async () => {
    const suite = 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384';
    const result = await tls({ tlsVersion: 'tls1.2', tlsCipherSuites: [suite] });
    expect(said(result)).toEqual([`200 tls1.2 ${suite}`]);
  });
});

describe('wrong values', () => {
  it('are all told at once', async () => {
    const result = await run(
      script(
        {
          dns: { ttl: 'long', select: 'best', policy: 'any' },
          blacklistIPs: ['10.0.0.0/33'],
          blockHostnames: ['a.*.test'],
          tlsVersion: 'tls9',
          tlsCipherSuites: ['TLS_RSA_WITH_RC4_128_SHA', 'nope'],
        },
        'http://127.0.0.1:1/',
      ),
    );
    expect(result.exitCode).toBe(104);
    for (const text of [
      "dns.ttl (script): must be a duration such as '5m', or '0' or 'inf'",
      'dns.select (script): must be one of',
      '"10.0.0.0/33" is no network',
      'invalid hostname pattern "a.*.test"',
      "unknown TLS version 'tls9'",
      'is too weak for this OpenSSL',
      "unknown cipher suite 'nope'",
    ]) {
      expect(result.stderr).toContain(text);
    }
  });

  it('and what only k6 has end in a line', async () => {
    for (const env of [{ K6_WEB_DASHBOARD: 'true' }, { K6_PAUSED: 'true' }, { K6_FEATURES: 'x' }]) {
      const result = await run(script({}, 'http://127.0.0.1:1/'), [], env);
      expect(result.exitCode).not.toBe(0);
      expect(result.stderr).toMatch(/vurun does not yet; leave it out/);
    }
    const off = { K6_WEB_DASHBOARD: 'false', K6_PAUSED: 'false', K6_NO_USAGE_REPORT: 'true' };
    const result = await run('export default function () {}', [], off);
    expect([result.exitCode, result.stderr]).toEqual([0, '']);
  });
});

describe("k6's variables and config file", () => {
  it('count where vurun has nothing of its own to say', async () => {
    const agents: string[] = [];
    const server = await countingServer((request, response) => {
      agents.push(request.headers['user-agent'] ?? '');
      response.end();
    });
    const text = script({}, server.url);
    await run(text, ['--config', 'config.json']);
    await run(text, [], { K6_CONFIG: 'config.json' });
    await run(text, [], { K6_CONFIG: 'config.json', K6_USER_AGENT: 'from-k6' });
    await run(text, [], { K6_USER_AGENT: 'from-k6', VURUN_USER_AGENT: 'from-vurun' });
    expect(agents).toEqual(['from-config', 'from-config', 'from-k6', 'from-vurun']);
    const ignored = await run(text, [], { K6_HOSTS: 'a=127.0.0.1' });
    expect(logLines(ignored, 'warning').join()).toContain(
      "K6_HOSTS is no variable of k6's and is not read; write VURUN_HOSTS",
    );
  });
});

it('--linger waits for Ctrl-C after the summary, and keeps the exit code', async () => {
  const vurun = await startCli(['run', 'main.js', '-q', '--linger'], {
    files: {
      'main.js':
        "import { check } from 'k6'; export const options = { thresholds: { checks: ['rate>0.9'] } }; export default function () { check(1, { no: false }); }",
    },
  });
  await vurun.shows('vurun lingers');
  vurun.signal('SIGINT');
  const { exitCode, stdout } = await vurun.done;
  expect(exitCode).toBe(99);
  expect(stdout).toContain('TOTAL RESULTS');
});

it('--http-debug-failed shows what failed, without secrets, even where a line is cut', async () => {
  const secret = 'tok-0123456789abcdef';
  // The line's end falls into the middle of a secret, were it not taken out before.
  const filler = secret.repeat(1_000);
  const server = await countingServer((request, response) => {
    response.statusCode = request.url === '/bad' ? 500 : 200;
    response.end(`${request.url} ${filler}`);
  });
  const result = await run(
    `import http from 'k6/http';
export default function () {
  const headers = { 'X-Token': __ENV.TOKEN };
  http.get(__ENV.TARGET + 'good', { headers });
  http.get(__ENV.TARGET + 'bad', { headers });
}
`,
    [
      '--http-debug-failed',
      '-e',
      `TARGET=${server.url}`,
      '-e',
      `TOKEN=${secret}`,
      '--secret-source',
      `mock=key=${secret}`,
    ],
  );
  expect(result.exitCode).toBe(0);
  const lines = logLines(result, 'info');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(
    /Request:\\nGET \/bad .*X-Token: \*\*\*SECRET_REDACTED\*\*\*.*http-debug/,
  );
  expect(lines[1]).toMatch(/Response:\\nHTTP\/1.1 500 .*\/bad \*\*\*SECRET_REDACTED/);
  expect(result.stderr).not.toContain('tok-');
});
