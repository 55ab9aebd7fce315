import { ExitCode, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { MetricView } from '../metrics/view.ts';
import { formatBytes, formatNumber, formatShare, formatTime } from '../report/units.ts';
import { actualText } from './junit.ts';
import type { Output, OutputIo, RunEnd } from './output.ts';
import { WholeFile } from './whole-file.ts';

/**
 * `--out github[=FILE]`: the run in markdown, added to the step's summary of GitHub Actions, or to FILE.
 * Throws a UserError (104) when there is neither.
 */
export function createGithubOutput(argument: string, io: OutputIo): Output {
  const path = argument || io.env['GITHUB_STEP_SUMMARY'];
  if (path) return new GithubOutput(path);
  throw new UserError(
    ExitCode.invalidConfig,
    'the github output has nowhere to write: GITHUB_STEP_SUMMARY is not set, which GitHub Actions does',
    'outside of GitHub Actions name a file: --out github=summary.md',
  );
}

class GithubOutput implements Output {
  readonly #file: WholeFile;
  #cut = false;

  constructor(path: string) {
    this.#file = new WholeFile('github', path, true);
  }

  start(): Promise<void> {
    return this.#file.probe();
  }

  conclude(end: RunEnd): void {
    let text = '';
    // GitHub refuses a summary that is too large as a whole.
    for (const section of sections(end)) {
      if (Buffer.byteLength(text) + Buffer.byteLength(section) > limits.stepSummaryBytes) {
        this.#cut = true;
        break;
      }
      text += section;
    }
    this.#file.write(text);
  }

  async stop(): Promise<void> {}

  get problem(): string | undefined {
    if (this.#cut) return 'the github output leaves out what does not fit into a step summary';
    return this.#file.problem;
  }
}

function* sections(end: RunEnd): Generator<string> {
  const { ledger, exitCode, diagnosis, caveats } = end;
  const views = ledger.metrics();
  const crossed = views.flatMap(({ thresholds }) => thresholds.filter(({ ok }) => !ok));
  const mark = exitCode === ExitCode.ok ? '✅' : '❌';
  const verdict =
    exitCode === ExitCode.ok
      ? 'passed'
      : crossed.length > 0
        ? `failed: ${crossed.length} ${crossed.length === 1 ? 'threshold' : 'thresholds'} crossed`
        : `ended with exit code ${exitCode}`;
  yield `## ${mark} ${md(end.scriptName)} ${verdict}\n\n` +
    `${end.iterationsComplete} iterations in ${formatTime(end.durationMs)}` +
    `${end.iterationsInterrupted > 0 ? `, ${end.iterationsInterrupted} interrupted` : ''}\n\n`;
  if (diagnosis !== undefined) {
    for (const { title, word, next } of diagnosis.verdicts) {
      yield `- **${md(title)}** (${word}). ${md(next)}\n`;
    }
    if (!diagnosis.gate.healthy) {
      yield `- ⚠️ The generator was not healthy: ${md(diagnosis.gate.problems.join(' · '))}\n`;
    }
    if (diagnosis.verdicts.length > 0 || !diagnosis.gate.healthy) yield '\n';
  }
  const judged = views.flatMap((view) => view.thresholds.map((one) => [view, one] as const));
  if (judged.length > 0) {
    yield '### Thresholds\n\n| | Metric | Threshold | Measured |\n|---|---|---|---:|\n';
    for (const [view, one] of judged) {
      yield `| ${one.ok ? '✅' : '❌'} | ${code(view.name)} | ${code(one.source)} | ${actualText(view, one)} |\n`;
    }
    yield '\n';
  }
  const checks = ledger.checks();
  if (checks.length > 0) {
    yield '### Checks\n\n| | Check | Passed | Failed |\n|---|---|---:|---:|\n';
    for (const { group, name, passes, fails } of checks) {
      const path = [...group.split('::').filter(Boolean), name].join(' › ');
      yield `| ${fails === 0 ? '✅' : '❌'} | ${md(path)} | ${passes} | ${fails} |\n`;
    }
    yield '\n';
  }
  yield* metricSections(views, end.trendStats);
  for (const caveat of caveats) yield `> ⚠️ ${md(caveat)}\n>\n`;
}

function* metricSections(
  views: readonly MetricView[],
  trendStats: readonly string[],
): Generator<string> {
  const trends = views.filter(({ metric, empty }) => metric.kind === 'trend' && !empty);
  if (trends.length > 0) {
    yield `<details><summary>Metrics</summary>\n\n| Metric | ${trendStats.join(' | ')} |\n|---|${trendStats.map(() => '---:|').join('')}\n`;
    for (const view of trends) {
      const values = view.values(trendStats);
      const cells = trendStats.map((stat) => amount(view, stat, values[stat] as number));
      yield `| ${code(view.name)} | ${cells.join(' | ')} |\n`;
    }
    yield '\n| Metric | Value | |\n|---|---:|---:|\n';
    for (const view of views) {
      if (view.metric.kind === 'trend' || view.empty) continue;
      const values = view.values(trendStats);
      const cells =
        view.metric.kind === 'counter'
          ? [
              amount(view, 'count', values['count'] as number),
              `${amount(view, 'rate', values['rate'] as number)}/s`,
            ]
          : view.metric.kind === 'rate'
            ? [formatShare(values['rate'] as number), `${values['passes']} of ${view.count}`]
            : [
                amount(view, 'value', values['value'] as number),
                `max ${amount(view, 'max', values['max'] as number)}`,
              ];
      yield `| ${code(view.name)} | ${cells.join(' | ')} |\n`;
    }
    yield '\n</details>\n\n';
  }
}

function amount({ metric }: MetricView, stat: string, value: number): string {
  if (metric.kind === 'trend' && stat === 'count') return String(value);
  if (metric.contains === 'time') return formatTime(value);
  return metric.contains === 'data' ? formatBytes(value) : formatNumber(value, 2);
}

/** Text that must not become markup or end a table's cell. */
function md(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&').replace(/\s*[\r\n]+\s*/g, ' ');
}

function code(text: string): string {
  const plain = text.replace(/`/g, "'").replace(/[\r\n]+/g, ' ');
  return `\`${plain.replaceAll('|', '\\|')}\``;
}
