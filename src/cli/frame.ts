import type { RunProgress, ScenarioProgress } from '../coordinator/contract.ts';
import { formatDuration } from '../duration.ts';
import { visibleWidth } from '../report/line.ts';
import { type Palette, plainPalette } from '../report/palette.ts';
import { printable } from '../report/printable.ts';
import { formatElapsed, formatNumber, formatTime } from '../report/units.ts';
import { formatRate } from '../script/describe.ts';

const nameWidthMost = 24;
const barWidth = { least: 8, most: 40 };

/** A line in items, each with what parts it from the one before. */
type Line = readonly string[];

/** The block that shows a run under way; no line is wider than `width`. */
export function renderFrame(
  progress: RunProgress,
  width: number,
  palette: Palette,
  scenariosMost = 16,
): string[] {
  const shown = mostTelling(progress.scenarios, scenariosMost);
  const hidden = progress.scenarios.length - shown.length;
  const names = Math.min(nameWidthMost, Math.max(0, ...shown.map((s) => s.name.length)));
  const details = shown.map(detailsOf);
  // Symbol, the bar's brackets and the spaces between take five characters.
  const free = width - names - 5 - Math.max(0, ...details.map((detail) => detail.join('').length));
  const bar = free < barWidth.least ? 0 : Math.min(barWidth.most, free);
  const lines = [
    headline(progress, palette),
    ...shown.map((scenario, i) => {
      const name = clip(printable(scenario.name), names).padEnd(names);
      const gauge =
        bar === 0 ? percent(scenario.progress) : drawBar(scenario.progress, bar, palette);
      return [`${name} ${symbolOf(scenario, palette)} [${gauge}]`, ...(details[i] ?? [])];
    }),
    ...(hidden > 0 ? [[palette.dim(`… and ${hidden} more scenarios`)]] : []),
    ...pulse(progress, palette),
    ...sparks(progress, width, palette),
    ...warnings(progress, palette),
  ];
  return lines.map((line) => fit(line, width));
}

/** The same for a log file or a pipe: percentages instead of bars, nothing cut. */
export function renderPlain(progress: RunProgress): string[] {
  const names = Math.max(0, ...progress.scenarios.map((scenario) => scenario.name.length));
  return [
    headline(progress, plainPalette).join(''),
    ...progress.scenarios.map(
      (scenario) =>
        `${scenario.name.padEnd(names)} ${symbolOf(scenario, plainPalette)} [${percent(scenario.progress)}]${detailsOf(scenario).join('')}`,
    ),
    ...pulse(progress, plainPalette).map((line) => line.join('')),
    ...warnings(progress, plainPalette).map((line) => line.join('')),
  ];
}

/** Running scenarios first when there is no room for all; the order stays as it was. */
function mostTelling(scenarios: readonly ScenarioProgress[], most: number): ScenarioProgress[] {
  const rank = { running: 0, waiting: 1, interrupted: 2, done: 3 } as const;
  const kept = new Set(
    [...scenarios].sort((a, b) => rank[a.state] - rank[b.state]).slice(0, Math.max(1, most)),
  );
  return scenarios.filter((scenario) => kept.has(scenario));
}

function headline(progress: RunProgress, palette: Palette): Line {
  const { phase, elapsedMs, vusActive, vusInitialized, vusMax } = progress;
  if (phase === 'init') {
    return [
      `${palette.bold('starting')} (${formatElapsed(elapsedMs)})`,
      `, ${vusInitialized}/${vusMax} VUs initialized`,
    ];
  }
  if (phase === 'setup' || phase === 'teardown') {
    return [`${palette.bold(`${phase}()`)} (${formatElapsed(elapsedMs)})`];
  }
  const vus = `${String(vusActive).padStart(String(vusMax).length, '0')}/${vusMax} VUs`;
  return [
    `${palette.bold('running')} (${formatElapsed(elapsedMs)})`,
    `, ${vus}`,
    `, ${progress.iterationsComplete} complete and ${progress.iterationsInterrupted} interrupted iterations`,
  ];
}

/** What a load tester looks for between two glances: rates, sockets, latency and failures. */
function pulse(progress: RunProgress, palette: Palette): Line[] {
  if (progress.phase === 'init') return [];
  const failures = (
    [
      ['requests', progress.httpFailed, progress.httpReqs],
      ['ws sessions', progress.wsFailed, progress.wsSessions],
      ['checks', progress.checksFailed, progress.checksPassed + progress.checksFailed],
      ['iterations', progress.iterationsFailed, progress.iterationsComplete],
    ] as const
  )
    .filter(([, failed]) => failed > 0)
    .map(([what, failed, all]) => `${failed} of ${all} ${what}`);
  const dot = palette.dim(' · ');
  // Failures stand in front: what a narrow terminal has no room for is dropped from the end.
  const items = [
    `${formatNumber(progress.iterationsPerSecond, 2)} iterations/s`,
    ...failures.map((failure, i) =>
      i === 0 ? dot + palette.red(`failed: ${failure}`) : palette.red(`, ${failure}`),
    ),
    `${dot}${progress.socketsOpen} open ${progress.socketsOpen === 1 ? 'socket' : 'sockets'}`,
  ];
  const behindMs = Math.max(0, ...progress.scenarios.map((scenario) => scenario.behindMs));
  if (behindMs > 0) {
    items.splice(1, 0, dot + palette.yellow(`generator behind by ${formatTime(behindMs)}`));
  }
  if (progress.httpP95 !== undefined)
    items.push(`${dot}http p(95) ${formatTime(progress.httpP95)}`);
  return [items];
}

const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Values as a row of blocks from nothing to the largest of them. */
export function sparkline(values: readonly number[]): string {
  const top = Math.max(0, ...values);
  return values
    .map((value) => blocks[top === 0 ? 0 : Math.round(bounded(value / top) * (blocks.length - 1))])
    .join('');
}

/** The last seconds at a glance, once there are enough to see a shape. */
function sparks({ recent, phase }: RunProgress, width: number, palette: Palette): Line[] {
  const { iterations, httpP95 } = recent;
  if (phase !== 'running' || iterations.length < 3) return [];
  const rows = [
    ['iterations/s', iterations, formatNumber(iterations.at(-1) ?? 0, 0)],
    ['http p(95)', httpP95, formatTime(httpP95.at(-1) ?? 0)],
  ] as const;
  return rows
    .filter(([, values]) => values.some((value) => value > 0))
    .map(([name, values, latest]) => {
      const room = Math.max(0, Math.min(values.length, width - 16 - latest.length));
      const line = sparkline(values.slice(values.length - room));
      return [`${palette.dim(name.padEnd(13))} ${palette.cyan(line)} ${latest}`];
    });
}

function warnings({ warnings: said }: RunProgress, palette: Palette): Line[] {
  return said.length === 0 ? [] : [[palette.yellow(`generator: ${said.join(', ')}`)]];
}

function symbolOf({ state }: ScenarioProgress, palette: Palette): string {
  switch (state) {
    case 'waiting':
      return palette.dim('•');
    case 'running':
      return ' ';
    case 'done':
      return palette.green('✓');
    case 'interrupted':
      return palette.red('✗');
  }
}

function percent(share: number): string {
  return `${String(Math.floor(bounded(share) * 100)).padStart(4)}% `;
}

function drawBar(share: number, width: number, palette: Palette): string {
  const filled = Math.round(bounded(share) * width);
  if (filled === width) return palette.cyan('='.repeat(width));
  const head = filled === 0 ? '' : `${'='.repeat(filled - 1)}>`;
  return palette.cyan(head) + palette.dim('-'.repeat(width - filled));
}

function bounded(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
}

/** What stands behind a scenario's bar; it depends on its executor. */
function detailsOf(scenario: ScenarioProgress): Line {
  if (scenario.state === 'waiting') return [' waiting', `  ${formatElapsedShort(scenario.waitMs)}`];
  const { vusActive, vusMax, elapsedMs, durationMs, iterationsDone, iterationsTotal } = scenario;
  const length = formatDuration(durationMs);
  const time =
    elapsedMs >= durationMs && scenario.state === 'done'
      ? length
      : `${formatElapsedShort(Math.min(elapsedMs, durationMs))}/${length}`;
  const vus =
    scenario.executor === 'ramping-vus' || scenario.rate !== undefined
      ? `${String(vusActive).padStart(String(vusMax).length, '0')}/${vusMax} VUs`
      : `${vusMax} VUs`;
  if (scenario.rate !== undefined) {
    return [` ${vus}`, `  ${time}`, `  ${formatRate(scenario.rate, scenario.timeUnitMs)}`];
  }
  if (iterationsTotal === undefined) return [` ${vus}`, `  ${time}`];
  const done = `${String(iterationsDone).padStart(String(iterationsTotal).length, '0')}/${iterationsTotal}`;
  const what =
    scenario.executor === 'shared-iterations'
      ? 'shared iters'
      : scenario.executor === 'per-vu-iterations' && vusMax > 0
        ? `iters, ${formatNumber(iterationsTotal / vusMax, 0)} per VU`
        : 'iters';
  return [` ${vus}`, `  ${time}`, `  ${done} ${what}`];
}

function formatElapsedShort(ms: number): string {
  return formatElapsed(ms).replace(/^0(?=\d)/, '');
}

// oxlint-disable-next-line no-control-regex -- colours begin with the escape character.
const pieces = /\u001b\[[0-9;]*m|./gu;

/** The items from the first on that fit: half a number would be a wrong number. */
function fit(line: Line, width: number): string {
  let out = clip(line[0] ?? '', width);
  for (const item of line.slice(1)) {
    if (visibleWidth(out + item) > width) break;
    out += item;
  }
  return out;
}

/** At most `width` visible characters; colours count for nothing and are always closed. */
export function clip(line: string, width: number): string {
  let room = width;
  let out = '';
  for (const [piece] of line.matchAll(pieces)) {
    if (piece.startsWith('\u001b')) out += piece;
    else if (room > 0) {
      out += piece;
      room -= 1;
    }
  }
  return out;
}
