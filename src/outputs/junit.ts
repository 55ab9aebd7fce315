import { ExitCode } from '../errors.ts';
import type { MetricView, ThresholdView } from '../metrics/view.ts';
import { formatNumber, formatShare, formatTime } from '../report/units.ts';
import type { Output, RunEnd } from './output.ts';
import { WholeFile } from './whole-file.ts';

/**
 * `--out junit=FILE` (default `junit.xml`): a test case for the run as a whole, for each threshold and for
 * each check, in the XML that CI systems read. A check fails when it failed once; that alone does not
 * change the exit code of the run.
 */
export function createJunitOutput(argument: string): Output {
  return new JunitOutput(argument === '' ? 'junit.xml' : argument);
}

interface Case {
  classname: string;
  name: string;
  /** What is wrong: a failure of the target, or an error of the run itself. */
  failure?: string | undefined;
  error?: string | undefined;
}

class JunitOutput implements Output {
  readonly #file: WholeFile;

  constructor(path: string) {
    this.#file = new WholeFile('junit', path, false);
  }

  start(): Promise<void> {
    return this.#file.probe();
  }

  conclude(end: RunEnd): void {
    const suites: [name: string, cases: Case[], more: string][] = [
      ['run', [runCase(end)], systemOut(end)],
      ['thresholds', thresholdCases(end), ''],
      ['checks', checkCases(end), ''],
    ];
    const seconds = (end.durationMs / 1_000).toFixed(3);
    const timestamp = new Date(end.startedAt).toISOString().slice(0, 19);
    const all = suites.flatMap(([, cases]) => cases);
    const bodies = suites
      .filter(([, cases]) => cases.length > 0)
      .map(
        ([name, cases, more]) =>
          `  <testsuite name="${name}" ${counts(cases)} skipped="0" time="${seconds}" timestamp="${timestamp}" hostname="localhost">\n` +
          `    <properties/>\n${cases.map(caseXml).join('')}${more}  </testsuite>\n`,
      );
    this.#file.write(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        `<testsuites name="${xml(end.scriptName)}" ${counts(all)} time="${seconds}">\n${bodies.join('')}</testsuites>\n`,
    );
  }

  async stop(): Promise<void> {}

  get problem(): string | undefined {
    return this.#file.problem;
  }
}

function runCase({ scriptName, exitCode, diagnosis }: RunEnd): Case {
  const judged = new Set<number>([ExitCode.ok, ExitCode.thresholdsFailed]);
  const verdict = diagnosis?.verdicts[0]?.title;
  const why = verdict === undefined ? '' : `; ${verdict}`;
  return {
    classname: 'run',
    name: scriptName,
    error: judged.has(exitCode) ? undefined : `vurun ended with exit code ${exitCode}${why}`,
  };
}

/** What the summary says first: people who read a CI page see no terminal. */
function systemOut({ diagnosis, caveats }: RunEnd): string {
  const lines = [
    ...(diagnosis?.verdicts ?? []).map(({ title, word, next }) => `${title} (${word}). ${next}`),
    ...caveats,
  ];
  return lines.length === 0 ? '' : `    <system-out>${xml(lines.join('\n'))}</system-out>\n`;
}

function thresholdCases({ ledger }: RunEnd): Case[] {
  return ledger.metrics().flatMap((view) =>
    view.thresholds.map((threshold) => ({
      classname: `thresholds.${view.name}`,
      name: threshold.source,
      failure: threshold.ok ? undefined : `${threshold.stat} was ${actualText(view, threshold)}`,
    })),
  );
}

/** The measured side of a threshold, with its unit. */
export function actualText({ metric }: MetricView, { actual, stat }: ThresholdView): string {
  if (actual === undefined) return 'not measured';
  if (metric.kind === 'rate' && stat === 'rate') return formatShare(actual);
  if (metric.contains === 'time' && stat !== 'count') return formatTime(actual);
  return formatNumber(actual, 2);
}

function checkCases({ ledger }: RunEnd): Case[] {
  return ledger.checks().map(({ group, name, passes, fails }) => ({
    classname: `checks${group.replaceAll('::', '.')}`,
    name,
    failure:
      fails === 0
        ? undefined
        : `failed ${fails} of ${passes + fails} times (${formatShare(passes / (passes + fails))} passed)`,
  }));
}

function counts(cases: readonly Case[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const errors = cases.filter(({ error }) => error !== undefined).length;
  return `tests="${cases.length}" failures="${failures}" errors="${errors}"`;
}

function caseXml({ classname, name, failure, error }: Case): string {
  const open = `    <testcase classname="${xml(classname)}" name="${xml(name)}" time="0"`;
  const inner =
    failure !== undefined
      ? `<failure type="failed" message="${xml(failure)}">${xml(failure)}</failure>`
      : error !== undefined
        ? `<error type="error" message="${xml(error)}">${xml(error)}</error>`
        : '';
  return inner === '' ? `${open}/>\n` : `${open}>\n      ${inner}\n    </testcase>\n`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** XML 1.0 has no room for other control characters and half surrogates, not even as references. */
function xml(text: string): string {
  return Buffer.from(text)
    .toString()
    .replace(/[\0-\x08\x0b\x0c\r\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"'\n\t]/g, (one) => entities[one] as string);
}
