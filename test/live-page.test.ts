/** `--ui`: the page of a run while it goes on. */
import { existsSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { PageData, PagePoint } from '../src/report/page-data.ts';
import { countingServer, runCli, startCli } from './support/cli.ts';

const browserPath = '/usr/bin/chromium';
const script = (url: string): string => `
  import { check, http, sleep } from 'vurun';
  export const options = { vus: 3, duration: '5m' };
  export default async function () {
    check(await http.get('${url}', { name: 'home' }), { 'is well': (r) => r.status === 200 });
    await sleep(0.1);
  }`;

/** The address a command says its page is at. */
async function live(
  url: string,
  ...flags: string[]
): Promise<{ address: string; run: Awaited<ReturnType<typeof startCli>> }> {
  const run = await startCli(['run', '--ui', '--quiet', ...flags, 'main.ts'], {
    files: { 'main.ts': script(url) },
  });
  const address = await run.heard(/the live report is at (http:\/\/127\.0\.0\.1:\d+\/)/);
  return { address, run };
}

interface Told {
  event: string;
  data: PageData & { point: PagePoint };
}

/** Everything a page is told until its server ends; `enough` is called at the second that is said. */
async function events(address: string, second: number, enough: () => void): Promise<Told[]> {
  const told: Told[] = [];
  let text = '';
  const { body } = await fetch(`${address}events`);
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    const whole = text.split('\n\n');
    text = whole.pop() as string;
    for (const one of whole) {
      const [, event = '', data = '{}'] = /^event: (\w+)\ndata: (.*)$/s.exec(one) ?? [];
      told.push({ event, data: JSON.parse(data) as Told['data'] });
      if (event === 'second' && told.filter((other) => other.event === event).length === second) {
        enough();
      }
    }
  }
  return told;
}

const statusOf = (
  address: string,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(new URL(path, address), { headers, method }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('vurun run --ui', () => {
  it('tells a page every second and then the whole, with or without a result file', async () => {
    const target = await countingServer();
    const { address, run } = await live(target.url, '--no-result');
    const html = await (await fetch(address)).text();
    expect(html).toContain("connect-src 'self'");
    expect(await statusOf(address, '/other')).toBe(404);
    expect(await statusOf(address, '/', {}, 'POST')).toBe(405);
    // A site that makes its own name lead here gets nothing.
    expect(await statusOf(address, '/', { host: 'evil.example' })).toBe(403);
    const told = await events(address, 3, () => run.signal('SIGINT'));
    const { exitCode } = await run.done;
    expect(exitCode).toBe(105);
    expect(told[0]?.event).toBe('all');
    const last = told.at(-1);
    expect(last?.event).toBe('all');
    const { end, points } = last?.data ?? {};
    expect(end?.exitCode).toBe(105);
    expect(points?.length).toBeGreaterThanOrEqual(3);
    const sum = points?.reduce((all, { sums }) => all + (sums['http_reqs']?.[1] ?? 0), 0);
    expect(sum).toBeGreaterThan(0);
    expect(end?.metrics.find(({ name }) => name === 'http_reqs')?.values['count']).toBe(sum);
  });

  it.skipIf(!existsSync(browserPath))(
    'is drawn as it goes on, and ends with the verdict',
    async () => {
      const target = await countingServer();
      const browser = await chromium.launch({
        executablePath: browserPath,
        args: ['--no-sandbox'],
      });
      try {
        const page = await browser.newPage();
        const complaints: string[] = [];
        page.on('pageerror', (error) => complaints.push(error.message));
        const { address, run } = await live(target.url);
        await page.goto(address);
        await page.waitForSelector('[data-panel="Throughput"]:not([hidden])');
        expect(await page.textContent('.lamp')).toBe('live');
        run.signal('SIGINT');
        await page.waitForSelector('#verdict:not([hidden]) .gate');
        await page.waitForSelector('[data-metric="http_reqs"]');
        await run.done;
        expect(await page.textContent('.facts')).toContain('exit code 105 (interrupted)');
        expect(complaints).toEqual([]);
      } finally {
        await browser.close();
      }
    },
  );

  it('says what is wrong with its port, and where it does not go', async () => {
    const busy = createServer();
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    const { port } = busy.address() as AddressInfo;
    const files = { 'main.ts': script('http://127.0.0.1:9/') };
    const taken = await runCli(['run', `--ui=${port}`, 'main.ts'], { files });
    busy.close();
    expect(taken.exitCode).toBe(104);
    expect(taken.stderr).toContain(
      `the live report cannot be served on port ${port}: it is in use`,
    );
    const wrong = await runCli(['run', '--ui=http', 'main.ts'], { files });
    expect(wrong.exitCode).toBe(255);
    expect(wrong.stderr).toContain('--ui=http: write --ui, or --ui=PORT');
    const other = await runCli(['find-capacity', '--ui', 'main.ts'], { files });
    expect(other.exitCode).toBe(255);
    expect(other.stderr).toContain('--ui shows one run: it goes with run, not with find-capacity');
  });
});
