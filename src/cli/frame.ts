import type { RunProgress, ScenarioProgress } from '../coordinator/contract.ts';
import { formatDuration } from '../duration.ts';
import { type Palette, plainPalette } from '../report/palette.ts';
import { printable } from '../report/printable.ts';
import { formatElapsed, formatNumber, formatTime } from '../report/units.ts';

const nameWidthMost = 24;
const barWidth = { least: 8, most: 40 };

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
  // Name, symbol, the bar's brackets and the spaces between take six characters.
  const free = width - names - 6 - Math.max(0, ...details.map((detail) => detail.length));
  const bar = free < barWidth.least ? 0 : Math.min(barWidth.most, free);
  const lines = [
    headline(progress, palette),
    ...shown.map((scenario, i) => {
      const name = clip(printable(scenario.name), names).padEnd(names);
      const gauge =
        bar === 0 ? percent(scenario.progress) : drawBar(scenario.progress, bar, palette);
      return `${name} ${symbolOf(scenario, palette)} [${gauge}] ${details[i]}`;
    }),
    ...(hidden > 0 ? [palette.dim(`… and ${hidden} more scenarios`)] : []),
    ...pulse(progress, palette),
  ];
  return lines.map((line) => clip(line, width));
}

/** The same for a log file or a pipe: percentages instead of bars, nothing cut. */
export function renderPlain(progress: RunProgress): string[] {
  const names = Math.max(0, ...progress.scenarios.map((scenario) => scenario.name.length));
  return [
    headline(progress, plainPalette),
    ...progress.scenarios.map(
      (scenario) =>
        `${scenario.name.padEnd(names)} ${symbolOf(scenario, plainPalette)} [${percent(scenario.progress)}] ${detailsOf(scenario)}`,
    ),
    ...pulse(progress, plainPalette),
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

function headline(progress: RunProgress, palette: Palette): string {
  const { phase, elapsedMs, vusActive, vusInitialized, vusMax } = progress;
  if (phase === 'init') {
    return `${palette.bold('starting')} (${formatElapsed(elapsedMs)}), ${vusInitialized}/${vusMax} VUs initialized`;
  }
  if (phase === 'setup' || phase === 'teardown') {
    return `${palette.bold(`${phase}()`)} (${formatElapsed(elapsedMs)})`;
  }
  const vus = `${String(vusActive).padStart(String(vusMax).length, '0')}/${vusMax} VUs`;
  return `${palette.bold('running')} (${formatElapsed(elapsedMs)}), ${vus}, ${progress.iterationsComplete} complete and ${progress.iterationsInterrupted} interrupted iterations`;
}

/** What a load tester looks for between two glances: rates, sockets, latency and failures. */
function pulse(progress: RunProgress, palette: Palette): string[] {
  if (progress.phase === 'init') return [];
  const parts = [`${formatNumber(progress.iterationsPerSecond, 2)} iterations/s`];
  parts.push(`${progress.socketsOpen} open ${progress.socketsOpen === 1 ? 'socket' : 'sockets'}`);
  if (progress.httpP95 !== undefined) parts.push(`http p(95) ${formatTime(progress.httpP95)}`);
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
  if (failures.length > 0) parts.push(palette.red(`failed: ${failures.join(', ')}`));
  return [parts.join(palette.dim(' · '))];
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
function detailsOf(scenario: ScenarioProgress): string {
  if (scenario.state === 'waiting') return `waiting  ${formatElapsedShort(scenario.waitMs)}`;
  const { vusActive, vusMax, elapsedMs, durationMs, iterationsDone, iterationsTotal } = scenario;
  const length = formatDuration(durationMs);
  const time =
    elapsedMs >= durationMs && scenario.state === 'done'
      ? length
      : `${formatElapsedShort(Math.min(elapsedMs, durationMs))}/${length}`;
  const vus =
    scenario.executor === 'ramping-vus'
      ? `${String(vusActive).padStart(String(vusMax).length, '0')}/${vusMax} VUs`
      : `${vusMax} VUs`;
  if (iterationsTotal === undefined) return `${vus}  ${time}`;
  const done = `${String(iterationsDone).padStart(String(iterationsTotal).length, '0')}/${iterationsTotal}`;
  const what =
    scenario.executor === 'shared-iterations'
      ? 'shared iters'
      : scenario.executor === 'per-vu-iterations' && vusMax > 0
        ? `iters, ${formatNumber(iterationsTotal / vusMax, 0)} per VU`
        : 'iters';
  return `${vus}  ${time}  ${done} ${what}`;
}

function formatElapsedShort(ms: number): string {
  return formatElapsed(ms).replace(/^0(?=\d)/, '');
}

// oxlint-disable-next-line no-control-regex -- colours begin with the escape character.
const pieces = /\u001b\[[0-9;]*m|./gu;

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
