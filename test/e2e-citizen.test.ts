/** The good citizen through the whole program: one token, one pace, one word before production. */
import { describe, expect, test } from 'vitest';
import { count, countingServer, logLines, runCli, runScript, said } from './support/cli.ts';

const client = `tokenUrl: __ENV.BASE + '/oauth/token', clientId: 'client', clientSecret: 'hush-hush'`;
const calls = '/api/v2/conversations/calls';

describe.concurrent('a shared token', () => {
  test('500 VUs on three shards, setup() and teardown() make one token call', async () => {
    const run = await runScript(
      `import { check, http, oauth } from 'vurun';
       const auth = oauth.shared({ ${client} });
       export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: 500, iterations: 2 } } };
       const call = () => http.post(__ENV.BASE + '${calls}', null, { auth });
       export const setup = async () => void (await call());
       export default async () => check(await call(), { created: (r) => r.status === 202 });
       export const teardown = async () => void (await call());`,
      ['--sim', 'healthy', '--shards', '3'],
    );
    expect(run.exitCode).toBe(0);
    expect(count(run, 'token_requests')).toBe(1);
    expect(count(run, 'http_reqs')).toBe(1_003);
    expect(run.summary?.root_group.checks['created']).toMatchObject({ passes: 1_000, fails: 0 });
    // What the simulator counted: tokens are answered 200, calls 202.
    expect(run.stdout).toMatch(/✓ requests answered 200: +1 = +1\n/);
    expect(run.stdout).toMatch(/✓ requests answered 202: +1002 = +1002\n/);
  });

  test('is fetched anew before it ends, and nobody is refused', async () => {
    const run = await runScript(
      `import { http, oauth, sleep } from 'vurun';
       const auth = oauth.shared({ ${client}, refreshAt: 0.3, jitter: 0 });
       export const options = { vus: 20, duration: '4s' };
       export default async () => {
         await http.post(__ENV.BASE + '${calls}', null, { auth });
         await sleep(0.05);
       };`,
      ['--sim', 'healthy', '--sim-set', 'token.expiresIn=3', '--shards', '2'],
    );
    expect(run.exitCode).toBe(0);
    expect(run.summary?.metrics['http_req_failed']?.['passes']).toBe(0);
    expect(count(run, 'token_requests')).toBeGreaterThan(1);
    expect(count(run, 'token_requests')).toBeLessThan(20);
  });

  test('perUser makes one for each VU, and one for each user a VU names', async () => {
    const run = await runScript(
      `import { backoff, check, http, oauth } from 'vurun';
       const own = oauth.perUser({ ${client}, retry: backoff.fixed('1s', { max: 1 }) });
       export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: 5, iterations: 3 } } };
       export default async () => {
         const at = __ENV.BASE + '${calls}';
         const answers = [
           await http.post(at, null, { auth: own }),
           await http.post(at, null, { auth: own.user({ scope: 'agent' + __VU }) }),
         ];
         check(answers, { created: () => answers.every((r) => r.status === 202) });
       };`,
      ['--sim', 'healthy'],
    );
    expect(run.exitCode).toBe(0);
    expect(count(run, 'token_requests')).toBe(10);
    expect(run.summary?.root_group.checks['created']).toMatchObject({ passes: 15, fails: 0 });
  });

  test('neither secret nor token is in any log', async () => {
    const token = 'the-token-itself';
    const server = await countingServer((request, response) => {
      const isToken = request.url === '/oauth/token';
      response.end(isToken ? JSON.stringify({ access_token: token, expires_in: 60 }) : 'ok');
    });
    const run = await runScript(
      `import { http, oauth } from 'vurun';
       const secret = 'hush-hush';
       console.log('in init', secret);
       const auth = oauth.shared({ ${client} });
       console.log('after it', secret);
       export default async () => {
         await http.get(__ENV.BASE, { auth });
         console.log('in a VU', secret);
       };`,
      ['-e', `BASE=${server.url.replace(/\/$/, '')}`, '--http-debug=full', '-v'],
    );
    expect(run.exitCode).toBe(0);
    expect(count(run, 'token_requests')).toBe(1);
    expect(said(run)).toContain('in a VU ***SECRET_REDACTED***');
    expect(run.stderr).toContain('Bearer ***SECRET_REDACTED***');
    const basic = Buffer.from('client:hush-hush').toString('base64');
    for (const text of [token, basic]) expect(run.stdout + run.stderr).not.toContain(text);
    // Before it was declared nobody could know that it is one.
    expect(said(run).filter((line) => line.includes('hush-hush'))).toEqual(['in init hush-hush']);
  });

  test('that cannot be had is a failed request with a sentence, and the endpoint is left in peace', async () => {
    const server = await countingServer((_request, response) => {
      response.writeHead(400).end('{"error":"invalid_client"}');
    });
    const run = await runScript(
      `import { http, oauth } from 'vurun';
       const auth = oauth.shared({ ${client} });
       export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: 20, iterations: 1 } } };
       export default async () => console.log((await http.get(__ENV.BASE, { auth })).error);`,
      ['-e', `BASE=${server.url.replace(/\/$/, '')}`, '--shards', '2'],
    );
    expect(said(run)).toHaveLength(20);
    const wanted = `no token could be had: POST ${server.url}oauth/token: it answered 400 (invalid_client)`;
    expect(new Set(said(run))).toEqual(new Set([wanted]));
    expect(server.hits()).toBe(1);
  });
});

describe.concurrent('limits', () => {
  test('never more requests are under way than one allows, over all shards', async () => {
    let under = 0;
    let most = 0;
    const server = await countingServer((_request, response) => {
      most = Math.max(most, ++under);
      setTimeout(() => {
        under--;
        response.end();
      }, 3);
    });
    const run = await runScript(
      `import { http, limits } from 'vurun';
       const limit = limits.concurrent(4, { name: 'four' });
       export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: 60, iterations: 4 } } };
       export default () => http.get(__ENV.BASE, { limit });`,
      ['-e', `BASE=${server.url}`, '--shards', '3'],
    );
    expect(run.exitCode).toBe(0);
    expect(server.hits()).toBe(240);
    expect(most).toBe(4);
    expect(run.summary?.metrics['limit_wait']).toBeDefined();
  });

  test('a target with a rate limit in its headers never has to refuse', async () => {
    const run = await runScript(
      `import { http, limits, oauth } from 'vurun';
       const auth = oauth.shared({ ${client} });
       const limit = limits.fromHeaders();
       export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: 30, iterations: 2 } } };
       export default () => http.post(__ENV.BASE + '${calls}', null, { auth, limit });`,
      [
        '--sim',
        'healthy',
        '--sim-set',
        'rest.limit=30',
        '--sim-set',
        'rest.windowMs=2000',
        '--shards',
        '2',
      ],
    );
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/✓ requests answered 202: +60 = +60\n/);
    expect(run.stdout).not.toContain('answered 429');
  });

  test('the slot of a shard that is lost is given to others', async () => {
    const server = await countingServer((request, response) => {
      // The one who hangs never reads its answer.
      if (request.url !== '/hang') response.end();
    });
    const run = await runScript(
      `import { exec, http, limits, sleep } from 'vurun';
       const limit = limits.concurrent(1);
       export const options = {
         vuTurnTimeout: '200ms',
         scenarios: { all: { executor: 'per-vu-iterations', vus: 2, iterations: 1, maxDuration: '30s' } },
       };
       export default async () => {
         if (exec.vu.idInTest === 1) {
           http.get(__ENV.BASE + 'hang', { limit });
           await sleep(1);
           // Once: the shard that takes its place begins the iteration after it.
           Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);
         }
         await sleep(0.5);
         console.log('answered', (await http.get(__ENV.BASE, { limit })).status);
       };`,
      ['-e', `BASE=${server.url}`, '--shards', '2'],
    );
    expect(run.stderr).toContain('had to be ended');
    expect(said(run)).toContain('answered 200');
  });

  test.each([
    ['limits.perMinute(5)', 'limits.perMinute() must be declared outside of all functions'],
    [
      `oauth.shared({ tokenUrl: 'http://h', clientId: 'a', clientSecret: 'b' })`,
      'oauth.shared() must be declared outside of all functions',
    ],
    [
      `http.get('http://127.0.0.1:1/', { retry: { max: 3 } })`,
      'http params.retry must be made with backoff',
    ],
    [
      `new WebSocket('ws://127.0.0.1:1/', { limit: 5 })`,
      'WebSocket params.limit must be made with limits',
    ],
    [`backoff.fullJitter({ max: Infinity })`, 'max must be a whole number from 0 to 1000'],
    [`backoff.fullJitter({ on: () => true })`, 'on must be a list of statuses'],
  ])('%s in a function is told what is wrong', async (call, message) => {
    const run = await runScript(
      `import { backoff, http, limits, oauth, WebSocket } from 'vurun';
       export default async () => void (await ${call});`,
    );
    expect(run.stderr).toContain(message);
  });

  test.each([
    ['limits.perMinute(0)', 'limits.perMinute(): count must be a whole number from 1'],
    [
      'oauth.shared()',
      'oauth.shared() needs an object such as { tokenUrl, clientId, clientSecret }',
    ],
    [
      `oauth.shared({ tokenUrl: 'http://h/t', clientId: 'a' })`,
      'oauth.shared(): clientSecret must be text of 1 to 10000 characters; it is missing',
    ],
    ['backoff.fixed(true)', 'backoff.fixed(): base must be a duration'],
  ])('%s in init is told what is wrong', async (call, message) => {
    const run = await runScript(
      `import { backoff, limits, oauth } from 'vurun';
       ${call};
       export default () => undefined;`,
    );
    expect(run.exitCode).toBe(107);
    expect(run.stderr).toContain(message);
  });
});

test('WebSockets that are refused dial again, and those within a limit are not refused', async () => {
  const script = (params: string): string =>
    `import { backoff, check, http, limits, oauth, sleep, WebSocket } from 'vurun';
     const auth = oauth.shared({ ${client} });
     const retry = backoff.fullJitter({ base: '100ms', max: 50, budget: false });
     const limit = limits.concurrent(10);
     export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: 25, iterations: 1 } } };
     export default async () => {
       const call = await http.post(__ENV.BASE + '${calls}', null, { auth });
       const ws = new WebSocket(__ENV.BASE_WS + call.json('connectUri'), { auth, ${params} });
       await ws.opened;
       await sleep(0.3);
       ws.close(1000);
       check(await ws.closed, { 'closed as asked': ({ code }) => code === 1000 });
     };`;
  const sim = ['--sim', 'healthy', '--sim-set', 'maxSessions=10', '--shards', '2'];
  const [again, limited] = await Promise.all([
    runScript(script('retry'), sim),
    runScript(script('limit'), sim),
  ]);
  for (const run of [again, limited]) {
    expect(run.exitCode).toBe(0);
    expect(run.summary?.root_group.checks['closed as asked']).toMatchObject({
      passes: 25,
      fails: 0,
    });
  }
  expect(count(again, 'retries')).toBeGreaterThan(0);
  expect(count(again, 'ws_sessions')).toBe(25 + count(again, 'retries'));
  expect(again.stdout).toContain('attempts_per_operation');
  expect(count(limited, 'ws_sessions')).toBe(25);
});

describe.concurrent('a production system', () => {
  const script = (target: string): string =>
    `import { http, WebSocket } from 'vurun';
     export const options = { vus: 3, iterations: 30, hosts: JSON.parse(__ENV.HOSTS), target: ${target} };
     export default async () => {
       const at = __ENV.NAME;
       const ws = new WebSocket('ws://' + at + '/');
       await ws.closed.catch(() => undefined);
       await http.get('http://' + at + '/');
     };`;
  const rule =
    'is a production system: its operator approves automated tests only by a support ticket at least two weeks ahead';

  async function visit(name: string, target: string, args: string[] = []) {
    const server = await countingServer();
    const host = new URL(server.url).host;
    const run = await runScript(script(target), [
      ...['-e', `HOSTS=${JSON.stringify({ [name]: host })}`, '-e', `NAME=${name}`],
      ...args,
    ]);
    return { run, server };
  }

  test.each(['api.mypurecloud.ie', 'api.euw2.pure.cloud'])(
    '%s is not touched without the word of its owner',
    async (name) => {
      const { run, server } = await visit(name, '{}');
      expect(run.exitCode).toBe(104);
      expect(server.hits()).toBe(0);
      const errors = logLines(run, 'error').filter((line) => line.includes(rule));
      expect(errors).toHaveLength(1);
    },
  );

  test('is reached with a ticket, which the plan and the summary name', async () => {
    const name = 'api.mypurecloud.com';
    const { run, server } = await visit(name, `{ authorized: 'CS-0012345' }`, ['--no-color']);
    expect(run.exitCode).toBe(0);
    // The server has no WebSockets: each upgrade counts as a request, too.
    expect(server.hits()).toBe(60);
    expect(run.stdout).toMatch(/AUTHORIZED\n\n {4}by CS-0012345\n/);
  });

  test('is reached with the flag', async () => {
    const { run, server } = await visit('api.mypurecloud.com', '{}', ['--i-have-authorization']);
    expect(run.exitCode).toBe(0);
    // The server has no WebSockets: each upgrade counts as a request, too.
    expect(server.hits()).toBe(60);
    expect(run.stdout).toContain('by --i-have-authorization');
  });

  test('may be any the user names', async () => {
    const target = `{ guard: ['*.example.com'], authorized: __ENV.NO_SUCH_TICKET }`;
    const { run, server } = await visit('shop.example.com', target);
    expect(run.exitCode).toBe(104);
    expect(server.hits()).toBe(0);
    expect(run.stderr).toContain("shop.example.com is guarded (target.guard: '*.example.com')");
  });

  test('whose token endpoint is named is not even prepared for', async () => {
    const run = await runCli(['inspect', 'main.ts'], {
      files: {
        'main.ts': `import { oauth } from 'vurun';
          oauth.shared({ tokenUrl: 'https://login.mypurecloud.de/oauth/token', clientId: 'a', clientSecret: 'b' });
          export default () => undefined;`,
      },
    });
    expect(run.exitCode).toBe(104);
    expect(run.stderr).toContain(`login.mypurecloud.de ${rule}`);
  });
});
