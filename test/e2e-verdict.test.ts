/** What a run says of itself, and what its commands make of it: the verdict as users meet it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../src/diagnosis/contract.ts';
import { logLines, ownTraces, runCli, runScript } from './support/cli.ts';

/** Calls a place that is not there. */
const lost = `
  import http from 'vurun/http';
  export const options = { vus: 1, iterations: 6 };
  export default async () => { await http.post(\`\${__ENV.BASE}/v2/architect/flows\`, null, { name: 'flows' }); };
`;

/** Sessions that come one after the other and stay: the platform has room for five. */
const callers = `
  import { sleep, WebSocket } from 'vurun';
  export const options = {
    scenarios: { callers: {
      executor: 'ramping-arrival-rate', startRate: 10, stages: [{ target: 10, duration: '2s' }],
      preAllocatedVUs: 40,
    } },
  };
  export default async () => {
    const ws = new WebSocket(\`\${__ENV.BASE_WS}/v1/ivr/caller-\${__VU}\`, { name: 'ivr' });
    try { await ws.opened; await sleep(5); } catch { }
    ws.close();
  };
`;
const sim = (...set: string[]): string[] => [
  '--sim',
  'healthy',
  ...set.flatMap((one) => ['--sim-set', one]),
];

describe('a run', () => {
  test('says first what happened, keeps it as JSON, and explains it again with all evidence', async () => {
    const run = await runCli(
      ['run', 'main.ts', '--no-color', '--sim', 'wrong-endpoint', '--diagnosis-export', 'd.json'],
      { files: { 'main.ts': lost } },
    );
    expect(run.exitCode).toBe(0);
    const [verdict, totals] = [run.stdout.indexOf('█ VERDICT'), run.stdout.indexOf('█ TOTAL')];
    expect(verdict).toBeGreaterThan(0);
    expect(totals).toBeGreaterThan(verdict);
    expect(run.stdout).toMatch(/1\. flows is not something this target answers \(404\)/);
    expect(run.stdout).toContain('6 of 6 failures explained.');
    const explained = await runCli(['explain', 'd.json'], { dir: run.dir });
    expect(explained.exitCode).toBe(0);
    expect(explained.stdout).toMatch(/flows is not something this target answers \(404\)/);
    expect(explained.stdout).toMatch(/not: it failed from the first request on/);
    const diagnosis = JSON.parse(readFileSync(join(run.dir, 'd.json'), 'utf8')) as Diagnosis;
    expect(diagnosis.verdicts[0]).toMatchObject({ rule: 'E1', party: 'script', failures: 6 });
    expect(diagnosis.verdicts[0]?.ids).toHaveLength(6);
  });

  test('explaining what is no diagnosis says so', async () => {
    const files = { 'x.json': '{"a":1}', 'y.txt': 'hello' };
    const run = await runCli(['explain', 'x.json'], { files });
    expect([run.exitCode, run.stderr]).toEqual([255, expect.stringContaining("'x.json'")]);
    for (const name of ['y.txt', 'nowhere.json', '.']) {
      const other = await runCli(['explain', name], { dir: run.dir });
      expect(other.exitCode).toBe(255);
      expect(other.stderr).toContain(`'${name}'`);
      expect(other.stderr).not.toMatch(ownTraces);
    }
  });

  test('fails on the verdicts it is told to fail on, and on no others', async () => {
    const on = (subject: string) =>
      runScript(lost, ['--sim', 'wrong-endpoint', '--fail-on', subject]);
    const [hit, missed, unknown] = [
      await on('configuration'),
      await on('capacity,rate-limit'),
      await on('weather'),
    ];
    expect([hit.exitCode, missed.exitCode]).toEqual([110, 0]);
    expect(logLines(hit, 'error').join()).toContain('flows is not something this target answers');
    expect(unknown.exitCode).toBe(255);
    expect(unknown.stderr).toContain('weather');
    expect(unknown.stderr).toContain('rate-limit');
  });
});

describe('vurun discriminate', () => {
  const tell = async (...set: string[]) =>
    runCli(['discriminate', 'main.ts', ...sim(...set)], { files: { 'main.ts': callers } });

  test('tells a limit of sessions at once, which stays', async () => {
    const run = await tell('maxSessions=5');
    expect(run.stdout).toMatch(/It is a limit of sessions at once, about [3-7]:/);
    expect(run.exitCode).toBe(0);
  });

  test('tells a limit by time, which moves', async () => {
    const run = await tell(
      ...['handshakes.limit=8', 'handshakes.windowMs=1s', 'handshakes.status=503'],
      ...['handshakes.headers=false', 'handshakes.retryAfter=none'],
    );
    expect(run.stdout).toMatch(/It is a rate:/);
    expect(run.exitCode).toBe(0);
  });

  test('says when there is no limit, no pace, or nothing to tell', async () => {
    const none = await tell();
    expect(none.stdout).toContain('Nothing was refused at the first pace');
    const said = await tell('handshakes.limit=5');
    expect(said.stdout).toContain('It is a rate limit: the target says so itself (429)');
    const paceless = await runCli(['discriminate', 'main.ts', '--sim', 'healthy'], {
      files: { 'main.ts': lost },
    });
    expect(paceless.exitCode).toBe(104);
    expect(paceless.stderr).toContain('no other pace to try');
  });
});

describe('vurun find-capacity', () => {
  const script = `
    import http from 'vurun/http';
    export const options = { scenarios: { logins: {
      executor: 'constant-arrival-rate', rate: 8, duration: '1s', preAllocatedVUs: 100,
    } } };
    export default async () => {
      await http.post(\`\${__ENV.BASE}/oauth/token\`, { grant_type: 'client_credentials' }, {
        headers: { Authorization: 'Basic ' + btoa('me:secret') },
      });
    };
  `;

  test('searches the load that just meets the objectives', async () => {
    const run = await runCli(
      [
        ...['find-capacity', 'main.ts', '--slo', 'http_req_failed<1%', '--precision', '50%'],
        ...sim('token.limit=20', 'token.windowMs=1s'),
      ],
      { files: { 'main.ts': script } },
    );
    expect(run.stdout).toMatch(/[✓!] 8 starts\/s/);
    // A machine that is busy with other things cannot tell, and says so.
    expect(run.stdout).toMatch(
      /(?:8|16) starts\/s: (?:the next load that was tried, .*, misses|the generator was the limit)|No answer: the generator/,
    );
    expect(run.stderr).not.toMatch(ownTraces);
  });

  test('asks for an objective', async () => {
    const run = await runCli(['find-capacity', 'main.ts', '--sim', 'healthy'], {
      files: { 'main.ts': script },
    });
    expect(run.exitCode).toBe(255);
    expect(run.stderr).toContain('there is no objective to meet');
  });
});
