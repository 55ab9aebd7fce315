/** The page of a report: what is on it, what it must not need, and that a browser shows it. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PageData } from '../src/report/page-data.ts';
import { formatNumber, formatShare, formatTime } from '../src/report/units.ts';
import { readResult, trendOver } from '../src/results/result-reader.ts';
import { folder, runCli } from './support/cli.ts';
import { writeMadeResult } from './support/made-result.ts';

const browserPath = '/usr/bin/chromium';
const hasBrowser = existsSync(browserPath);
if (!hasBrowser) {
  console.warn(
    `report-page: ${browserPath} is missing, so that nothing is tried in a browser; apt-get install chromium`,
  );
}

const dir = folder({ 'no-result.txt': 'hello' });
const long = join(dir, 'long.vurun.gz');
beforeAll(async () => {
  await writeMadeResult(long);
  // What a process that was killed leaves: the stream breaks off somewhere.
  const bytes = readFileSync(long);
  writeFileSync(join(dir, 'killed.vurun.gz'), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
});

function embedded(html: string): PageData {
  const base64 = /<script id="data" type="text\/plain">([^<]*)<\/script>/.exec(html)?.[1] ?? '';
  return JSON.parse(gunzipSync(Buffer.from(base64, 'base64')).toString()) as PageData;
}

const pages = new Map<string, string>();

/** The page of a result, made once. */
async function report(name: string): Promise<string> {
  const made = pages.get(name);
  if (made !== undefined) return made;
  const run = await runCli(['report', `${name}.vurun.gz`], { dir });
  expect(run.stderr).toBe('');
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toBe(`${name}.html\n`);
  const html = readFileSync(join(dir, `${name}.html`), 'utf8');
  pages.set(name, html);
  return html;
}

describe('vurun report', () => {
  it.each([
    ['no file', ['report'], 'name the result file of a run'],
    [
      'a file that is not there',
      ['report', 'nowhere.gz'],
      "cannot read the result 'nowhere.gz': there is no such file",
    ],
    [
      'a file that is no result',
      ['report', 'no-result.txt'],
      "cannot read the result 'no-result.txt': it is no result file",
    ],
    [
      'a page that cannot be written',
      ['report', 'long.vurun.gz', '-o', 'nowhere/page.html'],
      "cannot write the report 'nowhere/page.html': the directory",
    ],
  ])('says what is wrong with %s', async (_, args, sentence) => {
    const run = await runCli(args, { dir });
    expect(run.exitCode).toBe(255);
    expect(run.stderr).toContain(sentence);
    expect(run.stderr.split('\n').length).toBeLessThanOrEqual(3);
  });

  it('writes where it is told', async () => {
    const run = await runCli(['report', 'long.vurun.gz', '--output', 'page.html'], { dir });
    expect(run.stdout).toBe('page.html\n');
    expect(readFileSync(join(dir, 'page.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('keeps result and page of ten minutes small', async () => {
    await report('long');
    expect(statSync(long).size).toBeLessThan(2_000_000);
    expect(statSync(join(dir, 'long.html')).size).toBeLessThan(1_000_000);
  });

  it('makes one file that loads nothing', async () => {
    const html = await report('long');
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
    expect(policy).toBe(
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:",
    );
    expect(html).not.toMatch(/<(script|img|iframe|link)[^>]*(src|href)="(?!data:)/);
    expect(html).not.toMatch(/@import|url\((?!["']?data:)/);
    // The script's name is text in the title, and nowhere markup.
    expect(html).not.toContain('<b>made');
  });

  it('feeds the page what the file has', async () => {
    const { begin, points, end, facts } = embedded(await report('long'));
    const result = readResult(long);
    expect(begin).toEqual(result.begin);
    expect(end?.metrics).toEqual(result.end?.metrics);
    expect(end?.diagnosis).toEqual(result.end?.diagnosis);
    expect(points).toHaveLength(600);
    const [point, second] = [points[299], result.seconds[299]];
    expect(point?.sums).toEqual(second?.sums);
    expect(point?.parts).toEqual(second?.parts);
    const whole = trendOver(result.seconds.slice(299, 300), 'http_req_duration');
    const [count, , min, max, p50, , p95] = point?.trends['http_req_duration'] ?? [];
    expect(count).toBe(whole?.count);
    expect(min).toBeCloseTo(whole?.min ?? 0, 1);
    expect(max).toBeCloseTo(whole?.max ?? 0, 0);
    expect(Math.abs((p50 as number) / (whole?.percentile(50) as number) - 1)).toBeLessThan(0.15);
    expect(Math.abs((p95 as number) / (whole?.percentile(95) as number) - 1)).toBeLessThan(0.15);
    const cells = point?.cells['http_req_duration'] ?? [];
    expect(cells.filter((_, i) => i % 2 === 1).reduce((a, b) => a + b, 0)).toBe(whole?.count);
    expect(facts.records).toBe(result.end?.attempts.length);
    expect(facts.failures.map(({ ids }) => ids['inin-correlation-id'])).toContain('id-5');
  });

  it('draws a run of hours in points of several seconds, and loses none of them', async () => {
    const { pagePoints } = await import('../src/report/page-points.ts');
    const { seconds } = readResult(long);
    const hour = Array.from({ length: 6 }, (_, i) =>
      seconds.map((one) => ({ ...one, t: one.t + i * 600_000 })),
    ).flat();
    const points = pagePoints(hour);
    expect(points.length).toBeLessThanOrEqual(900);
    const sum = (all: readonly { sums: (typeof hour)[number]['sums'] }[]) =>
      all.reduce((total, { sums }) => total + (sums['http_reqs']?.[1] ?? 0), 0);
    expect(sum(points)).toBe(sum(hour));
    expect(points.reduce((ms, { length }) => ms + length, 0)).toBe(3_600_000);
  });
});

describe('vurun explain', () => {
  it('reads the verdict out of a result', async () => {
    const run = await runCli(['explain', 'long.vurun.gz'], { dir });
    expect(run.exitCode).toBe(0);
    const title = readResult(long).end?.diagnosis.verdicts[0]?.title as string;
    expect(title).toBeTruthy();
    expect(run.stdout).toContain(title);
  });

  it('says that a killed run has none', async () => {
    const run = await runCli(['explain', 'killed.vurun.gz'], { dir });
    expect(run.exitCode).toBe(255);
    expect(run.stderr).toContain('its run was killed before it came to a verdict');
  });
});

describe.skipIf(!hasBrowser)('the page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
  });
  afterAll(async () => browser?.close());

  /** Opens a report and hands over what the browser complained of and asked for. */
  async function open(
    name: string,
    width = 1_440,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<{ page: Page; complaints: string[]; requests: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) requests.push(request.url());
    });
    await report(name);
    await page.goto(pathToFileURL(join(dir, `${name}.html`)).href);
    await page.waitForSelector('html[data-ready]');
    return { page, complaints, requests };
  }

  const panelTitles = (page: Page): Promise<string[]> =>
    page.$$eval('[data-panel]:not([hidden])', (cards) =>
      cards.map((card) => card.getAttribute('data-panel') ?? ''),
    );

  it.each([400, 900, 1_440])(
    'shows everything at a width of %i without a complaint',
    async (width) => {
      const { page, complaints, requests } = await open(
        'long',
        width,
        width === 900 ? 'dark' : 'light',
      );
      expect(await panelTitles(page)).toEqual([
        'Load and latency over time',
        'Latency against load',
        'Percentiles over time',
        'Distribution',
        'Heat map',
        'Throughput',
        'Transfer',
        'Offered, started, completed',
        'Lateness of starts',
        'Handshake funnel',
        'Close matrix',
        'Status codes over time',
        'Upgrades over time',
        'Time to failure',
        'Rate limits',
        'What the limit said',
        'Retries',
        'Open at once',
        'Coming and going',
        'Event loop',
        'Processors',
        'Memory',
        'Files and ports',
        'Thresholds',
        'Checks and groups',
        'Trends',
        'Counters, rates and gauges',
        'How attempts ended',
        'First and last failures',
      ]);
      // Nothing is wider than the window, and every chart is as wide as its card lets it be.
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      const narrow = await page.$$eval(
        '.chart',
        (all) =>
          all.filter(
            (one) =>
              Math.abs(one.clientWidth - (one.querySelector('.u-wrap')?.clientWidth ?? 0)) > 2,
          ).length,
      );
      expect(narrow).toBe(0);
      const questions = await page.$$eval('[data-panel]:not([hidden]) .question', (all) =>
        all.map((one) => one.textContent),
      );
      expect(questions.every((question) => question?.includes('?'))).toBe(true);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([]);
      await page.close();
    },
  );

  it('shows the values of the file', async () => {
    const { page } = await open('long');
    const { end } = readResult(long);
    const rows = await page.$$eval('tr:has([data-metric])', (all) =>
      all.map((row) => ({
        name: row.querySelector('[data-metric]')?.getAttribute('data-metric') ?? '',
        exact: [...row.querySelectorAll('[data-value]')].map((cell) =>
          Number(cell.getAttribute('data-value')),
        ),
        text: row.textContent ?? '',
      })),
    );
    const trends =
      end?.metrics.filter(
        ({ kind, values }) => kind === 'trend' && values['count'] !== 0 && values['max'] !== 0,
      ) ?? [];
    expect(trends.length).toBeGreaterThan(15);
    for (const { name, values } of trends) {
      const row = rows.find((one) => one.name === name);
      expect(row?.exact).toEqual(
        ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)', 'count'].map(
          (stat) => values[stat],
        ),
      );
      expect(row?.text).toContain(formatTime(values['p(95)'] as number));
    }
    const requests = end?.metrics.find(({ name }) => name === 'http_reqs');
    expect(rows.find(({ name }) => name === 'http_reqs')?.text).toContain(
      formatNumber(requests?.values['count'] as number),
    );
    const failed = end?.metrics.find(({ name }) => name === 'http_req_failed');
    expect(rows.find(({ name }) => name === 'http_req_failed')?.text).toContain(
      formatShare(failed?.values['rate'] as number),
    );

    const verdicts = await page.$$eval('.verdict[data-rule]', (all) =>
      all.map((one) => one.getAttribute('data-rule')),
    );
    expect(verdicts).toEqual(
      [...(end?.diagnosis.verdicts ?? []), ...(end?.diagnosis.further ?? [])].map(
        ({ rule }) => rule,
      ),
    );
    expect(await page.textContent('#verdict')).toContain(end?.diagnosis.verdicts[0]?.next);
    const outcomes = await page.$$eval('[data-panel="How attempts ended"] tbody tr', (all) =>
      all.map((row) => Number(row.querySelector('[data-value]')?.getAttribute('data-value'))),
    );
    expect(outcomes.toSorted((a, b) => a - b)).toEqual(
      end?.outcomes.map(({ count }) => count).sort((a, b) => a - b),
    );
    expect(await page.textContent('[data-panel="First and last failures"]')).toContain('id-5');
    expect(await page.textContent('[data-panel="Checks and groups"]')).toContain('cart');
    expect(await page.textContent('[data-panel="Thresholds"]')).toContain('✗ crossed');
    await page.close();
  });

  it('sorts its tables, zooms all charts together and changes its colours', async () => {
    const { page, complaints } = await open('long');
    const column = (): Promise<number[]> =>
      page.$$eval('[data-panel="Trends"] tbody tr', (all) =>
        all.map((row) =>
          Number(row.querySelectorAll('[data-value]')[3]?.getAttribute('data-value')),
        ),
      );
    const before = await column();
    const head = page.locator('[data-panel="Trends"] th', { hasText: 'max' }).locator('button');
    await head.click();
    expect(await column()).toEqual(before.toSorted((a, b) => b - a));
    await head.click();
    expect(await column()).toEqual(before.toSorted((a, b) => a - b));
    await head.click();
    expect(await column()).toEqual(before);

    const plot = page.locator('[data-panel="Throughput"] .u-over');
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    if (box === null) throw new Error('the chart has no place');
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 5 });
    await page.mouse.up();
    expect(await page.textContent('.zoom')).toMatch(/^2:\d\d\.\d – (4:59|5:0\d)\.\d/);
    await page.click('.zoom button');
    expect(await page.textContent('.zoom')).toContain('drag');

    const ground = (): Promise<string> =>
      page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.click('.theme');
    expect(await ground()).not.toBe(light);
    // Paper is white whatever the screen was.
    await page.emulateMedia({ media: 'print' });
    expect(await ground()).toBe('rgb(255, 255, 255)');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says of a killed run what it is, and shows what there is', async () => {
    const { page, complaints } = await open('killed');
    expect(await page.textContent('.notice')).toContain('This run did not end');
    const titles = await panelTitles(page);
    expect(titles).toContain('Percentiles over time');
    expect(titles).not.toContain('Thresholds');
    expect(complaints).toEqual([]);
    await page.close();
  });
});
