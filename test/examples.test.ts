/** Every example runs: by the real command line, against a simulator that counts what it was asked. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import {
  type KnobPatch,
  type Simulator,
  type SimulatorState,
  startSimulator,
} from '../src/simulator/simulator.ts';
import { type CliRun, countingServer, readSummary, runCli } from './support/cli.ts';

const root = join(import.meta.dirname, '..');
const examples = join(root, 'examples');

interface Outcome extends CliRun {
  state: SimulatorState;
  /** Count of a counter in the exported summary, or any other of its values. */
  value(metric: string, key?: string): number;
}

interface Example {
  /** Made when its turn comes. */
  args?: string[] | (() => Promise<string[]>);
  preset?: string;
  knobs?: KnobPatch;
  exitCode?: number;
  /** Must be in what the command prints. */
  says: string | RegExp;
  /** Whether each of the checks passes. */
  passes?: false;
  judge?(outcome: Outcome): void;
}

const stopAtEnd: (() => unknown)[] = [];
afterAll(() => Promise.all(stopAtEnd.map((stop) => stop())));

async function echoServer(): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  stopAtEnd.push(() => server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const uploads: string[] = [];
async function uploadServer(): Promise<string> {
  const { url } = await countingServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      uploads.push(body);
      response.writeHead(201).end();
    });
  });
  return url;
}

function env(variables: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
}

/** The five threads of the field: the platform of each, small, and what its bad form comes to. */
const spike = {
  preset: 'seed-000',
  knobs: {
    saturation: { at: 4 },
    drop: { everyNth: 3, afterMs: 1_500 },
    latency: { upgrade: { base: 1, perActive: 1 } },
  },
};
const slots = { preset: 'seed-001', knobs: { maxSessions: 4, hangMs: 300 } };
const shift = { preset: 'seed-002', knobs: { rest: { limit: 30, windowMs: 3_000 } } };
const evicting = { preset: 'seed-003', knobs: { maxSessions: 8 } };
const paced = {
  preset: 'seed-004',
  knobs: { rest: { limit: 20 }, throttlePenalty: { everyRejects: 5 } },
};
const breaches = { exitCode: 99, passes: false } as const;

const table: Readonly<Record<string, Example>> = {
  'ivr-menu': {
    args: ['--vus', '3', '--iterations', '3'],
    says: '✓ the caller is transferred',
    judge: ({ state, value }) => {
      expect(state.upgrades).toEqual({ 101: value('ws_sessions') });
      expect(state.closes).toEqual({ 1000: 3 });
      expect(state.messages).toEqual({
        received: value('ws_msgs_sent'),
        sent: value('ws_msgs_received'),
      });
      const requests = state.requests.map(({ method, status, count }) => [method, status, count]);
      expect(requests).toHaveLength(3);
      expect(requests).toEqual(
        expect.arrayContaining([
          ['POST', '200', 1],
          ['POST', '202', 3],
          ['DELETE', '204', 3],
        ]),
      );
      expect(value('http_reqs')).toBe(7);
      expect(value('time_to_first_prompt', 'med')).toBeGreaterThan(0);
    },
  },
  'arrival-rate': {
    says: /iterations_offered\.+: 162/,
    judge: ({ value }) => {
      expect(value('iterations_offered')).toBe(162);
      const started = value('iterations_started');
      expect(started + value('dropped_iterations')).toBe(162);
      expect(value('http_req_duration_corrected', 'min')).toBeGreaterThan(0);
      expect(value('checks', 'passes')).toBe(started);
    },
  },
  'seed-000-ivr-spike.bad': {
    ...spike,
    args: env({ VUS: 12, RAMP: 1, HOLD: 4 }),
    says: /call +12 started → 4 connected .* → 3 completed .* · 9 failed/,
    ...breaches,
    judge: ({ value }) => {
      expect(value('ws_sessions{status:101}')).toBe(4);
      expect(value('ws_sessions{status:502}')).toBe(8);
      expect(value('ws_closes{cause:closed-by-us}')).toBe(3);
      expect(value('ws_closes{cause:lost-fin}')).toBe(1);
    },
  },
  'seed-000-ivr-spike.good': {
    ...spike,
    // Far from the edge's four: a busy machine lets go of a line late.
    args: env({ VUS: 6, RAMP: 0.5, ROOM: 2, STAY: 1 }),
    says: /call +6 started → 6 connected \(100\.00%\) .* → 6 completed \(100\.00%\)\n/,
    judge: ({ value, state }) => {
      // Every third is lost in its third second, and dials again.
      const lost = value('ws_closes{cause:lost-fin}');
      expect(lost).toBeGreaterThan(0);
      expect(state.upgrades).toEqual({ 101: 6 + lost });
    },
  },
  'seed-001-timeout-408.bad': {
    ...slots,
    args: env({ VUS: 12, RAMP: 0.5, HOLD: 1.5 }),
    says: /8× +WS +408 +ivr/,
    ...breaches,
    judge: ({ value }) => {
      expect(value('ws_sessions{status:101}')).toBe(4);
      expect(value('ws_sessions{status:408}')).toBe(8);
      expect(value('refused_after', 'min')).toBeGreaterThan(250);
    },
  },
  'seed-001-timeout-408.good': {
    ...slots,
    args: env({ VUS: 12, RAMP: 0.5, ROOM: 3, STAY: 0.2 }),
    says: /call +12 started → .* → 12 completed \(100\.00%\)\n/,
    judge: ({ state }) => expect(state.upgrades).toEqual({ 101: 12 }),
  },
  'seed-002-shift-change.bad': {
    ...shift,
    args: env({ VUS: 20, RAMP: 0.5, HOLD: 0.5 }),
    says: /HTTP (GET|POST) +429/,
    ...breaches,
    judge: ({ value }) => {
      expect(value('http_reqs{status:429}')).toBeGreaterThan(0);
      expect(value('session_failed', 'passes')).toBe(20 - value('session_stages{stage:at work}'));
    },
  },
  'seed-002-shift-change.good': {
    ...shift,
    args: env({ VUS: 20, RAMP: 1.5, HOLD: 0.5 }),
    says: /agent +20 started → .* → 20 completed \(100\.00%\)\n/,
    judge: ({ value }) => expect(value('session_stages{stage:at work}')).toBe(20),
  },
  'seed-003-abnormal-closure.bad': {
    ...evicting,
    args: env({ VUS: 12, RAMP: 0.5, HOLD: 1.5 }),
    says: /code:1006 \}\.+: 4 /,
    ...breaches,
    judge: ({ value, state }) => {
      expect(value('ws_closes{code:1000}')).toBe(8);
      expect(value('age_when_closed{cause:lost-fin}', 'max')).toBeGreaterThan(0);
      expect(state.upgrades).toEqual({ 101: 12 });
    },
  },
  'seed-003-abnormal-closure.good': {
    ...evicting,
    args: env({ VUS: 12, RAMP: 0.5, ROOM: 6, STAY: 0.3 }),
    says: /call +12 started → .* → 12 completed \(100\.00%\)\n/,
    judge: ({ value }) => expect(value('ws_closes{code:1000}')).toBe(12),
  },
  'seed-004-bot.bad': {
    ...paced,
    args: env({ VUS: 30, RAMP: 1, HOLD: 0.5, THINK: 0.2 }),
    says: /10× +HTTP POST +429/,
    ...breaches,
    judge: ({ value }) => {
      expect(value('http_reqs{status:202}')).toBe(20);
      expect(value('http_reqs{status:429}')).toBe(10);
      expect(value('ws_closes{code:1000}')).toBe(18);
      expect(value('ws_closes{code:1006}')).toBe(2);
    },
  },
  'seed-004-bot.good': {
    ...paced,
    knobs: { rest: { limit: 20, windowMs: 2_000 }, throttlePenalty: { everyRejects: 5 } },
    args: env({ VUS: 30, RAMP: 1, RATE: 480, STAY: 1, THINK: 0.2 }),
    says: /bot +30 started → .* → 30 completed \(100\.00%\)\n/,
    judge: ({ value }) => expect(value('http_reqs{status:202}')).toBe(30),
  },
  'http-basics': {
    says: '✓ the call is gone',
    judge: ({ value }) => expect(value('http_req_failed', 'passes')).toBe(0),
  },
  'http-batch': {
    says: '✓ every part is there',
    judge: ({ value }) => expect(value('http_reqs')).toBe(1 + 4 * 3),
  },
  'http-forms-and-files': {
    args: async () => env({ UPLOAD: await uploadServer() }),
    says: '✓ the file is accepted',
    judge: () => {
      expect(uploads).toHaveLength(2);
      expect(uploads[0]).toContain('name="callers"; filename="callers.csv"');
      expect(uploads[0]).toContain('Barbara,+49 30 1234504,4');
      expect(uploads[0]).toContain('name="title"\r\n\r\ncallers of tonight');
    },
  },
  cookies: { says: '✓ a cookie of one request is not kept' },
  'websocket-echo': {
    args: async () => env({ ECHO: await echoServer() }),
    says: '✓ both sides close cleanly',
    judge: ({ value }) => {
      expect(value('ws_msgs_received')).toBe(10 * 6);
      expect(value('pong_round_trip', 'max')).toBeGreaterThan(0);
    },
  },
  thresholds: { args: ['--duration', '1s'], says: "✓ 'count>=3'" },
  'custom-metrics': {
    says: /answer_bytes\.+: \d+/,
    judge: ({ value }) => {
      expect(value('answer_bytes')).toBe(value('answer_bytes{kind:state}'));
      expect(value('platform_uptime', 'max')).toBeGreaterThan(0);
    },
  },
  scenarios: {
    says: '✓ watchers get an answer',
    judge: ({ value, stdout }) => {
      expect(stdout).toContain('✓ cleaners get an answer');
      expect(stdout).toContain('✓ a call is created');
      expect(value('http_req_duration{scenario:watchers}', 'max')).toBeGreaterThan(0);
    },
  },
  pacing: {
    says: '✓ a call is created',
    judge: ({ value, stdout }) => {
      expect(stdout).toContain('✓ the platform is well');
      expect(value('watcher_behind', 'min')).toBeGreaterThanOrEqual(0);
    },
  },
  'setup-teardown': {
    says: 'the call of setup() is deleted: 204',
    judge: ({ state }) => expect(state.requests.map(({ method }) => method)).toContain('DELETE'),
  },
  'shared-data': { says: '✓ a call is created for everybody' },
  'groups-and-checks': {
    args: ['--summary-mode', 'full'],
    says: 'GROUP: call › delete',
    judge: ({ value }) => expect(value('checks{part:lifecycle}', 'fails')).toBe(0),
  },
  'handle-summary': {
    args: env({ REPORT: 'made.json' }),
    says: /^6 requests in [\d.]+ s, 99 % within [\d.]+ ms$/m,
    judge: ({ dir }) => expect(readSummary(dir, 'made.json')).toHaveProperty('http_reqs'),
  },
  'typescript-modules': {
    says: '✓ the call ends with code 1000',
    judge: ({ value }) => expect(value('choices')).toBe(6),
  },
  'test-abort': {
    exitCode: 108,
    says: 'test aborted: the platform does not know our token',
    passes: false,
    judge: ({ stderr }) => expect(stderr).toContain('teardown() runs all the same'),
  },
};

async function run(name: string, example: Example): Promise<Outcome> {
  const { preset = 'healthy', knobs = {}, args = [] } = example;
  const simulator: Simulator = await startSimulator({ preset, knobs });
  stopAtEnd.push(() => simulator.close());
  const cli = await runCli([
    'run',
    join(examples, `${name}.ts`),
    ...['--quiet', '--no-color', '--summary-export', 'exported.json'],
    ...env({ BASE: simulator.url, BASE_WS: simulator.wsUrl }),
    ...(typeof args === 'function' ? await args() : args),
  ]);
  const { metrics } = readSummary(cli.dir, 'exported.json');
  const value = (metric: string, key = 'count'): number => {
    const found = metrics[metric]?.[key];
    if (found === undefined) throw new Error(`no ${key} of ${metric}:\n${cli.stdout}`);
    return found;
  };
  return { ...cli, state: simulator.state(), value };
}

describe.concurrent('the examples', () => {
  for (const [name, example] of Object.entries(table)) {
    it(`${name} does what it says`, async () => {
      const outcome = await run(name, example);
      const { exitCode = 0, says, passes = true } = example;
      const text = outcome.stdout + outcome.stderr;
      expect(outcome.exitCode, text).toBe(exitCode);
      expect(text).toMatch(says);
      // Whether the machine was quiet enough is not the example's matter.
      const beside = text.replace(/█ VERDICT[\s\S]*?\n\n\n/, '');
      if (passes) expect(beside).not.toMatch(/✗|level=error/);
      example.judge?.(outcome);
    });
  }

  it('say what to do when they do not know the platform', async () => {
    const { exitCode, stderr } = await runCli(['run', '-q', join(examples, 'ivr-menu.ts')]);
    expect(exitCode).toBe(107);
    expect(stderr).toContain('BASE is not set: add --sim healthy');
  });

  it('pass the type checker as a project of their own', async () => {
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', examples]);
    expect(stdout).toBe('');
  });
});

it('no example is left out', () => {
  const files = readdirSync(examples).filter((file) => file.endsWith('.ts'));
  expect(
    Object.keys(table)
      .map((name) => `${name}.ts`)
      .sort(),
  ).toEqual(files.sort());
});
