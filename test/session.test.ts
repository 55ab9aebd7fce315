/** `vurun/session`: one customer over HTTP and WebSockets, counted as one; the funnel of the summary. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { startSimulator } from '../src/simulator/simulator.ts';
import { count, readSummary, runCli, runScript, said } from './support/cli.ts';
import { runGuest } from './support/guest.ts';

describe('session()', () => {
  it('counts starts, stages and ends, and hands on what its function returns or throws', async () => {
    const { samples, failures, logs } = await runGuest(`
      import { session } from 'vurun/session';
      export default async function () {
        const value = await session('call', async (t) => {
          t.stage('prompted'); t.stage('prompted'); t.stage('gathered');
          console.log(t.id);
          return 5;
        });
        await session('call', (t) => { t.stage('prompted'); throw new Error('lost'); })
          .catch((e) => console.log(value, e.message));
        console.log(await session('other', () => 'plain'));
        for (const args of [[], ['x'], ['x', 5], ['', () => 0]]) {
          await session(...args).catch((e) => console.log(e.message));
        }
        await session('call', (t) => t.stage(7)).catch((e) => console.log(e.message));
      }`);
    expect(failures).toEqual([]);
    expect(logs.map(({ text }) => text)).toEqual([
      'call#1-1',
      '5 lost',
      'plain',
      'session(name, fn): name must be text that is not empty, not undefined',
      'session(name, fn): fn must be a function, not undefined',
      'session(name, fn): fn must be a function, not 5',
      "session(name, fn): name must be text that is not empty, not ''",
      'stage(name): name must be text that is not empty, not 7',
    ]);
    const told = samples
      .filter(({ metric }) => /session/.test(metric))
      .map(({ metric, value, tags }) => [
        metric,
        /time|duration/.test(metric) ? value >= 0 : value,
        tags['session'],
        tags['stage'],
      ]);
    expect(told).toEqual([
      ['sessions', 1, 'call', undefined],
      ['session_stages', 1, 'call', 'prompted'],
      ['session_stage_time', true, 'call', 'prompted'],
      ['session_stages', 1, 'call', 'gathered'],
      ['session_stage_time', true, 'call', 'gathered'],
      ['session_failed', 0, 'call', undefined],
      ['session_duration', true, 'call', undefined],
      ['sessions', 1, 'call', undefined],
      ['session_stages', 1, 'call', 'prompted'],
      ['session_stage_time', true, 'call', 'prompted'],
      ['session_failed', 1, 'call', undefined],
      ['session_duration', true, 'call', undefined],
      ['sessions', 1, 'other', undefined],
      ['session_failed', 0, 'other', undefined],
      ['session_duration', true, 'other', undefined],
      ['sessions', 1, 'call', undefined],
      ['session_failed', 1, 'call', undefined],
      ['session_duration', true, 'call', undefined],
    ]);
  });

  it('joins the attempts made in it, and only those', async () => {
    const simulator = await startSimulator({ preset: 'healthy' });
    const { attempts, failures } = await runGuest(
      `
      import { http, session, ws } from 'vurun';
      export default async function () {
        const health = (name) => http.get('${simulator.url}/__sim/healthz', { name });
        await health('before');
        for (let n = 0; n < 2; n++) await session('call', async () => {
          await health('inside');
          await ws.connect('${simulator.wsUrl}/nowhere', { name: 'socket' }).catch(() => 0);
        });
        await health('after');
      }`,
    );
    await simulator.close();
    expect(failures).toEqual([]);
    expect(attempts().map(({ name, session }) => [name, session])).toEqual([
      ['before', undefined],
      ['inside', 'call#1-1'],
      ['socket', 'call#1-1'],
      ['inside', 'call#1-2'],
      ['socket', 'call#1-2'],
      ['after', undefined],
    ]);
  });

  it('is forgotten when its iteration is cut off', async () => {
    const { logs, samples } = await runGuest(
      `import { session, sleep } from 'vurun';
       export default () => session('call', (t) => { console.log(t.id); t.stage('in'); return sleep(60); });`,
      { iterations: 2, interruptAfterMs: 100 },
    );
    expect(logs.map(({ text }) => text)).toEqual(['call#1-1', 'call#1-2']);
    expect(samples.filter(({ metric }) => metric === 'session_failed')).toEqual([]);
  });

  it('costs scripts nothing that do not use it', async () => {
    const { samples, failures } = await runGuest(`
      import { Counter, Trend } from 'vurun';
      const mine = [new Trend('sessions'), new Counter('session_duration')];
      export default function () { for (const metric of mine) metric.add(1); }`);
    expect(failures).toEqual([]);
    expect(samples.map(({ metric }) => metric)).toEqual([
      'sessions',
      'session_duration',
      'iteration_duration',
      'iterations',
    ]);
  });
});

describe('the command line', () => {
  it('shows the funnel and warns of sessions that were left open', async () => {
    const simulator = await startSimulator({ preset: 'healthy' });
    const script = `
      import { exec, http, session, ws } from 'vurun';
      export const options = { vus: 2, iterations: 8 };
      export default () => session('caller', async (t) => {
        const token = (await http.post(__ENV.BASE + '/oauth/token', { grant_type: 'client_credentials' },
          { headers: { Authorization: 'Basic ' + 'Y2xpZW50OnNlY3JldA==' } })).json('access_token');
        const headers = { Authorization: 'Bearer ' + token };
        const { connectUri } = (await http.post(__ENV.BASE + '/api/v2/conversations/calls', null, { headers })).json();
        const s = await ws.connect(__ENV.BASE_WS + connectUri, { headers, name: 'ivr' });
        await s.next((m) => m.type === 'prompt', { timeout: '20s' });
        t.stage('prompted');
        const { iterationInTest } = exec.scenario;
        if (iterationInTest === 3) throw new Error('hung up');
        t.stage('answered');
        if (iterationInTest !== 5) await s.close();
      });`;
    const cli = await runCli(
      ['run', 'script.ts', '--quiet', '--no-color', '--summary-export', 'out.json'].concat([
        '-e',
        `BASE=${simulator.url}`,
        '-e',
        `BASE_WS=${simulator.wsUrl}`,
      ]),
      { files: { 'script.ts': script } },
    );
    await simulator.close();
    expect(cli.exitCode, cli.stderr).toBe(0);
    expect(cli.stdout).toMatch(
      /█ SESSIONS\n\n +caller +8 started → 8 prompted \(100\.00%\) → 7 answered \(87\.50%\) → 7 completed \(87\.50%\) · 1 failed\n/,
    );
    expect(cli.stderr).toContain('the session \\"ivr\\" was still open when its iteration ended');
    const { metrics } = readSummary(cli.dir, 'out.json');
    expect(metrics['ws_sessions_leaked']?.['count']).toBe(2);
    expect(metrics['sessions']?.['count']).toBe(8);
    expect(simulator.state().closes).toEqual({ 1000: 6, 1001: 2 });
  });

  it('a session takes a token and waits for its turn as a request does', async () => {
    const run = await runScript(
      `import { http, limits, oauth, ws } from 'vurun';
       const client = { clientId: 'client', clientSecret: 'secret' };
       const auth = oauth.shared({ tokenUrl: __ENV.BASE + '/oauth/token', ...client });
       const none = oauth.shared({ tokenUrl: __ENV.BASE + '/nowhere', ...client });
       const limit = limits.concurrent(1, { name: 'one' });
       export const options = { vus: 3, iterations: 3 };
       export default async () => {
         const { connectUri } = (await http.post(__ENV.BASE + '/api/v2/conversations/calls', null, { auth })).json();
         const s = await ws.connect(__ENV.BASE_WS + connectUri, { auth, limit, name: 'ivr' });
         await s.next((m) => m.type === 'prompt');
         await s.close();
         await ws.connect(__ENV.BASE_WS + connectUri, { auth: none }).catch((e) => console.log(
           e.name, e.status, e.cause.cause, e.cause.phase, e.message));
       };`,
      ['--sim', 'healthy'],
    );
    expect(run.exitCode, run.stderr).toBe(0);
    expect(count(run, 'ws_sessions')).toBe(3);
    // Whoever was second waited for the end of the first.
    expect(run.summary?.metrics['limit_wait']?.['max']).toBeGreaterThan(0);
    expect(run.stderr).toMatch(/WsError 0 \S+ connect no token could be had/);
  });

  it('a kept session ends with the scenario of its VU, which is told in the next', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    const codes: number[] = [];
    server.on('connection', (peer) => peer.on('close', (code) => codes.push(code)));
    await once(server, 'listening');
    const run = await runScript(
      `import { ws } from 'vurun';
       // So short that one VU can do both, one after the other.
       const scenario = { executor: 'per-vu-iterations', vus: 1, iterations: 3, maxDuration: '4s', gracefulStop: '0s' };
       export const options = { scenarios: {
         first: scenario, second: { ...scenario, startTime: '4s', exec: 'second' } } };
       let s, opened = 0;
       async function keep() {
         if (s === undefined || s.cause !== undefined) {
           if (s !== undefined) console.log(s.cause.cause, s.cause.code, s.isOpen);
           s = await ws.connect('ws://127.0.0.1:${(server.address() as AddressInfo).port}', { keep: true });
           opened++;
         }
         s.send('still here');
         console.log('opened', opened);
       }
       export { keep as default, keep as second };`,
      [],
    );
    server.close();
    expect(run.exitCode, run.stderr).toBe(0);
    expect(said(run)).toEqual([
      ...Array.from({ length: 3 }, () => 'opened 1'),
      'vu-ended 1001 false',
      ...Array.from({ length: 3 }, () => 'opened 2'),
    ]);
    expect(codes).toEqual([1001, 1001]);
    expect(count(run, 'ws_sessions_leaked')).toBe(0);
  });
});
