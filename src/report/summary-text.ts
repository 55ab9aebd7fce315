import type { Diagnosis } from '../diagnosis/contract.ts';
import type { CheckView, LedgerView, MetricView, ThresholdView } from '../metrics/view.ts';
import { diagnosisLines } from './diagnosis-text.ts';
import { failureKinds } from './failures.ts';
import { funnelLines } from './funnels.ts';
import { visibleWidth, wrap } from './line.ts';
import type { Palette } from './palette.ts';
import { printable } from './printable.ts';
import type { SummaryInput } from './summary-input.ts';
import { formatBytes, formatNumber, formatShare, formatTime, type TimeUnit } from './units.ts';

export type SummaryMode = 'compact' | 'full' | 'disabled';
export const summaryModes: readonly SummaryMode[] = ['compact', 'full', 'disabled'];

export interface SummaryTextInput extends SummaryInput {
  mode: SummaryMode;
  /** Sentences about what is missing from the numbers. */
  caveats: readonly string[];
  /** What happened, and whose doing it was; absent where nothing was attempted. */
  diagnosis?: Diagnosis | undefined;
  /** Who allowed this load, where that was said. */
  authorized?: string | undefined;
  /** Width of the terminal; rows of metrics are made to fit it. Without it they are never broken. */
  columns?: number | undefined;
}

/** Kinds of failure listed before "and n more". */
const failureRows = 20;

const httpPhases = new Set([
  'http_req_blocked',
  'http_req_connecting',
  'http_req_tls_handshaking',
  'http_req_sending',
  'http_req_waiting',
  'http_req_receiving',
]);

const retriesTitle = 'RETRIES AND LIMITS';

const blocks: readonly { title: string; metrics: ReadonlySet<string> }[] = [
  {
    title: 'HTTP',
    metrics: new Set([
      'http_reqs',
      'http_req_duration',
      'http_req_duration_corrected',
      'http_req_failed',
      ...httpPhases,
    ]),
  },
  {
    title: retriesTitle,
    metrics: new Set([
      'limit_wait',
      'retries',
      'retries_given_up',
      'retry_after_violations',
      'retry_wait',
      'token_requests',
    ]),
  },
  {
    title: 'EXECUTION',
    metrics: new Set([
      'dropped_iterations',
      'iteration_duration',
      'iteration_lateness',
      'iterations',
      'iterations_failed',
      'iterations_offered',
      'iterations_started',
      'vus',
      'vus_max',
    ]),
  },
  { title: 'NETWORK', metrics: new Set(['data_received', 'data_sent']) },
  {
    title: 'SESSION',
    metrics: new Set([
      'session_duration',
      'session_failed',
      'session_stage_time',
      'session_stages',
      'sessions',
    ]),
  },
  {
    title: 'WEBSOCKET',
    metrics: new Set([
      'ws_closes',
      'ws_connecting',
      'ws_data_received',
      'ws_data_sent',
      'ws_first_message',
      'ws_handshake_duration',
      'ws_handshake_failed_duration',
      'ws_handshakes',
      'ws_msgs_received',
      'ws_msgs_sent',
      'ws_open',
      'ws_ping',
      'ws_session_duration',
      'ws_sessions',
      'ws_sessions_leaked',
      'ws_sessions_lost',
    ]),
  },
  {
    title: 'GENERATOR',
    metrics: new Set([
      'vurun_cpu',
      'vurun_gc_pause',
      'vurun_host_cpu',
      'vurun_loop_delay',
      'vurun_loop_utilization',
      'vurun_memory',
      'vurun_open_files',
      'vurun_ports',
      'vurun_throttled',
      'vurun_time_wait',
    ]),
  },
];
/** Rows of the full form, unless a threshold makes them interesting. */
const details: ReadonlySet<string> = new Set([
  ...httpPhases,
  ...(blocks.at(-1)?.metrics ?? []),
  // What these say is told by ws_sessions and by the failures, too.
  'ws_closes',
  'ws_data_received',
  'ws_data_sent',
  'ws_handshake_failed_duration',
  'ws_handshakes',
  // The funnels tell these stage by stage.
  'session_stage_time',
  'session_stages',
]);
/** Built in, but never a row of its own: checks have their list, group times tell little. */
const unlisted = new Set(['checks', 'group_duration']);

/** The end-of-test summary for people: k6's sections and order, and vurun's FAILURES. */
export function summaryText(input: SummaryTextInput, palette: Palette): string {
  if (input.mode === 'disabled') return '';
  const { ledger } = input;
  const lines: string[] = ['', ''];
  const section = (title: string, body: readonly string[]) => {
    if (body.length === 0) return;
    lines.push(`  ${palette.bold(`█ ${title}`)}`, '', ...body.map(indent), '', '');
  };
  if (input.diagnosis !== undefined) {
    const { columns, mode } = input;
    section(
      'VERDICT',
      diagnosisLines(input.diagnosis, palette, {
        columns: columns === undefined ? undefined : columns - indentation,
        full: mode === 'full',
      }),
    );
  }
  section('THRESHOLDS', thresholdLines(input, palette));
  section(
    'TOTAL RESULTS',
    joinBlocks([...checkBlocks(ledger.checks(), input, palette), ...metricBlocks(input, palette)]),
  );
  const room = input.columns === undefined ? undefined : input.columns - indentation;
  section('SESSIONS', funnelLines(ledger, palette, room));
  section('FAILURES', failureLines(ledger, palette));
  if (input.mode === 'full') {
    for (const group of ledger.groups()) {
      const checks = ledger.checks().filter((check) => check.group === group);
      const title = group
        .replace(/^::/, '')
        .split('::')
        .map((name) => printable(name))
        .join(' › ');
      section(`GROUP: ${title}`, joinBlocks(checkBlocks(checks, input, palette)));
    }
    for (const [scenario, checks] of scenarioChecks(ledger)) {
      section(`SCENARIO: ${printable(scenario)}`, joinBlocks(checkBlocks(checks, input, palette)));
    }
  }
  section(
    'CAVEATS',
    input.caveats.map((caveat) => `${palette.yellow('!')} ${printable(caveat)}`),
  );
  if (input.authorized !== undefined) {
    section('AUTHORIZED', [`by ${printable(input.authorized)}`]);
  }
  // A run that measured nothing still says so, instead of printing two empty lines.
  if (lines.length === 2) lines.push('  No samples were recorded.', '');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Of everything below a section's title. */
const indentation = 4;

function indent(line: string): string {
  return line === '' ? '' : ' '.repeat(indentation) + line;
}

function joinBlocks(parts: readonly (readonly string[])[]): string[] {
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index === 0 ? part : ['', ...part]));
}

// thresholds -------------------------------------------------------------------------------------

function thresholdLines(input: SummaryTextInput, palette: Palette): string[] {
  const byParent = new Map<string, MetricView[]>();
  for (const view of input.ledger.metrics()) {
    if (view.thresholds.length === 0) continue;
    const parent = view.parent ?? view.name;
    const family = byParent.get(parent);
    if (family) family.push(view);
    else byParent.set(parent, [view]);
  }
  const parts: string[][] = [];
  for (const parent of [...byParent.keys()].sort()) {
    const family = byParent.get(parent) as MetricView[];
    const own = family.find((view) => view.parent === undefined);
    parts.push([printable(parent), ...(own ? verdicts(own, input.timeUnit, palette) : [])]);
    for (const view of family) {
      if (view === own) continue;
      const part = [
        `{${printable(view.suffix ?? '')}}`,
        ...verdicts(view, input.timeUnit, palette),
      ];
      parts.push(part.map((line) => `  ${line}`));
    }
  }
  return joinBlocks(parts);
}

function verdicts(view: MetricView, unit: TimeUnit, palette: Palette): string[] {
  return view.thresholds.map((threshold) => {
    const actual =
      threshold.actual === undefined
        ? 'nothing was measured'
        : `${threshold.stat}=${formatStat(view, threshold, threshold.actual, unit)}`;
    const mark = threshold.ok ? palette.green('✓') : palette.red('✗');
    return `${mark} '${printable(threshold.source)}' ${threshold.ok ? actual : palette.red(actual)}`;
  });
}

function formatStat(
  { metric }: MetricView,
  { stat }: ThresholdView,
  value: number,
  unit: TimeUnit,
): string {
  if (metric.kind === 'rate') return formatShare(value);
  if (metric.kind === 'counter' && stat === 'rate') return formatRate(value, metric.contains);
  if (metric.kind === 'trend' && stat === 'count') return formatNumber(value);
  return formatValue(value, metric.contains, unit);
}

function formatValue(value: number, contains: string, unit: TimeUnit): string {
  if (contains === 'time') return formatTime(value, unit);
  return contains === 'data' ? formatBytes(value) : formatNumber(value);
}

function formatRate(perSecond: number, contains: string): string {
  return `${contains === 'data' ? formatBytes(perSecond) : formatNumber(perSecond)}/s`;
}

// checks -----------------------------------------------------------------------------------------

/** Checks with the same name are one line, wherever they were made. */
function mergeChecks(checks: readonly CheckView[]): CheckView[] {
  const merged = new Map<string, CheckView>();
  for (const check of checks) {
    const known = merged.get(check.name);
    if (known) {
      known.passes += check.passes;
      known.fails += check.fails;
    } else merged.set(check.name, { ...check, group: '' });
  }
  return [...merged.values()];
}

function checkBlocks(
  checks: readonly CheckView[],
  { durationMs, columns }: SummaryTextInput,
  palette: Palette,
): string[][] {
  const merged = mergeChecks(checks);
  const passes = merged.reduce((sum, check) => sum + check.passes, 0);
  const fails = merged.reduce((sum, check) => sum + check.fails, 0);
  const total = passes + fails;
  if (total === 0) return [];
  const perSecond = durationMs > 0 ? (total * 1_000) / durationMs : 0;
  const rows: Row[] = [
    { name: 'checks_total', cells: [formatNumber(total), formatRate(perSecond, 'default')] },
    { name: 'checks_succeeded', cells: [formatShare(passes / total), `${passes} out of ${total}`] },
    { name: 'checks_failed', cells: [formatShare(fails / total), `${fails} out of ${total}`] },
  ];
  const list = merged.flatMap((check) => {
    const name = printable(check.name);
    if (check.fails === 0) return [`${palette.green('✓')} ${name}`];
    const share = Math.floor((check.passes * 100) / (check.passes + check.fails));
    return [
      palette.red(`✗ ${name}`),
      palette.red(`  ↳  ${share}% — ✓ ${check.passes} / ✗ ${check.fails}`),
    ];
  });
  return [alignRows(rows, palette, columns).flat(), list];
}

/** Checks by scenario, from the tags of their samples, without the default scenario. */
function scenarioChecks(ledger: LedgerView): Map<string, CheckView[]> {
  const scenarios = new Map<string, CheckView[]>();
  for (const { tags, sum, count } of ledger.series('checks')) {
    const { scenario, check, group = '' } = tags;
    if (!scenario || scenario === 'default' || check === undefined) continue;
    const checks = scenarios.get(scenario) ?? [];
    checks.push({ group, name: check, passes: sum, fails: count - sum });
    scenarios.set(scenario, checks);
  }
  return scenarios;
}

// metrics ----------------------------------------------------------------------------------------

/** One line: a name, then either a trend's stats or up to three cells. */
interface Row {
  name: string;
  cells?: readonly string[];
  stats?: readonly string[];
}

function metricBlocks(input: SummaryTextInput, palette: Palette): string[][] {
  const titles = new Map(blocks.flatMap((b) => [...b.metrics].map((name) => [name, b.title])));
  const all = input.ledger.metrics();
  // What somebody named in a threshold, be it without a condition, is of interest even in the short form.
  const named = new Set(
    all.flatMap(({ name, parent, thresholds }) =>
      thresholds.length > 0 || parent !== undefined ? [parent ?? name] : [],
    ),
  );
  const shown = all.filter((view) => {
    const family = view.parent ?? view.name;
    if (view.empty || unlisted.has(family)) return false;
    return input.mode === 'full' || !details.has(family) || named.has(family);
  });
  const amplified = amplification(input.ledger);
  const rows = alignRows(
    [...shown.map((view) => metricRow(view, input)), ...amplified],
    palette,
    input.columns,
  );
  const titleOf = (index: number): string => {
    const view = shown[index];
    return view === undefined ? retriesTitle : (titles.get(view.parent ?? view.name) ?? 'CUSTOM');
  };
  return ['CUSTOM', ...blocks.map((block) => block.title)].map((title) => {
    const body = rows.filter((_, i) => titleOf(i) === title);
    return body.length === 0 ? [] : [palette.bold(title), ...body.flat()];
  });
}

/** How much retries added to the load: attempts for each operation, as a row when there were retries. */
function amplification(ledger: LedgerView): Row[] {
  const count = (name: string): number =>
    ledger
      .metrics()
      .find((view) => view.name === name)
      ?.values([])['count'] ?? 0;
  const retries = count('retries');
  const attempts = count('http_reqs') + count('ws_sessions');
  if (retries === 0 || attempts <= retries) return [];
  const cells = [(attempts / (attempts - retries)).toFixed(2), `${retries} of ${attempts} again`];
  return [{ name: 'attempts_per_operation', cells }];
}

function metricRow(view: MetricView, { trendStats, timeUnit }: SummaryTextInput): Row {
  const { kind, contains } = view.metric;
  const name = view.suffix === undefined ? printable(view.name) : `  { ${printable(view.suffix)} }`;
  const values = view.values(trendStats);
  const value = (key: string) => formatValue(values[key] ?? 0, contains, timeUnit);
  switch (kind) {
    case 'counter':
      return { name, cells: [value('count'), formatRate(values.rate ?? 0, contains)] };
    case 'gauge':
      return { name, cells: [value('value'), `min=${value('min')}`, `max=${value('max')}`] };
    case 'rate': {
      const passes = values.passes ?? 0;
      const total = passes + (values.fails ?? 0);
      return { name, cells: [formatShare(values.rate ?? 0), `${passes} out of ${total}`] };
    }
    case 'trend':
      return {
        name,
        stats: trendStats.map((stat) =>
          stat === 'count'
            ? `count=${formatNumber(values.count ?? view.count)}`
            : `${stat}=${value(stat)}`,
        ),
      };
  }
}

/**
 * Names with dots up to the colon, columns under each other; each row is one line or more. Where
 * trends are too wide for `columns`, their padding goes first; where that is not enough it stays, so
 * that all of them break at the same column.
 */
function alignRows(
  rows: readonly Row[],
  palette: Palette,
  columns: number | undefined,
): string[][] {
  const room = columns === undefined ? undefined : columns - indentation;
  const nameWidth = Math.max(0, ...rows.map((row) => row.name.length)) + 3;
  const widths = (pick: (row: Row) => readonly string[] | undefined) => {
    const out: number[] = [];
    for (const row of rows) {
      pick(row)?.forEach((cell, i) => {
        out[i] = Math.max(out[i] ?? 0, cell.length);
      });
    }
    return out;
  };
  const cellWidths = widths((row) => row.cells);
  const statWidths = widths((row) => row.stats);
  const piecesOf = ({ name, cells, stats }: Row, padStats: boolean): string[] => [
    `${name}${palette.dim(`${'.'.repeat(nameWidth - name.length)}:`)}`,
    ...(cells ?? []).map((cell, i) => palette.cyan(cell.padEnd(cellWidths[i] ?? 0))),
    ...(stats ?? []).map((stat, i) => {
      const at = stat.indexOf('=') + 1;
      // Nothing stands behind the last one: spaces there could only make a terminal wrap.
      const padded = padStats && i + 1 < statWidths.length ? stat.padEnd(statWidths[i] ?? 0) : stat;
      return stat.slice(0, at) + palette.cyan(padded.slice(at));
    }),
  ];
  const trends = rows.filter((row) => row.stats);
  const fits = (padStats: boolean) =>
    room === undefined ||
    trends.every((row) => visibleWidth(piecesOf(row, padStats).join(' ')) <= room);
  const padStats = fits(true) || !fits(false);
  const beside = nameWidth + 2;
  // Under the values, unless the names leave no room for any.
  const hanging = beside + Math.max(0, ...statWidths) <= (room ?? 0) ? beside : indentation;
  return rows.map((row) => wrap(piecesOf(row, padStats), room, hanging));
}

// failures ---------------------------------------------------------------------------------------

function failureLines(ledger: LedgerView, palette: Palette): string[] {
  const kinds = failureKinds(ledger);
  if (kinds.length === 0) return [];
  const rows = kinds.slice(0, failureRows).map((kind) => ({
    count: `${formatNumber(kind.count)}×`,
    what: kind.method === '' ? kind.protocol : `${kind.protocol} ${printable(kind.method)}`,
    outcome: printable(kind.outcome),
    name: printable(kind.name),
  }));
  const width = (key: 'count' | 'what' | 'outcome', most: number) =>
    Math.min(most, Math.max(...rows.map((row) => row[key].length)));
  const [counts, whats, outcomes] = [width('count', 20), width('what', 20), width('outcome', 40)];
  const lines = rows.map(
    (row) =>
      `${palette.red(row.count.padStart(counts))}  ${row.what.padEnd(whats)}  ${row.outcome.padEnd(outcomes)}  ${row.name}`,
  );
  const hidden = kinds.slice(failureRows);
  if (hidden.length > 0) {
    const count = hidden.reduce((sum, kind) => sum + kind.count, 0);
    lines.push(
      `… and ${hidden.length} more ${hidden.length === 1 ? 'kind' : 'kinds'}, ${formatNumber(count)} failures in all`,
    );
  }
  return lines;
}
