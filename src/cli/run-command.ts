import { existsSync } from 'node:fs';
import { parse, relative, resolve } from 'node:path';
import type { RunResult, TestRun } from '../coordinator/contract.ts';
import { ExitCode, type ExitCodeNumber, messageOf, problemsError, UserError } from '../errors.ts';
import type { LogLevelName } from '../log.ts';
import { wrap } from '../report/line.ts';
import { ansiPalette, type Palette, plainPalette } from '../report/palette.ts';
import { printable } from '../report/printable.ts';
import { secondCountText } from '../report/second-count.ts';
import { summaryExport } from '../report/summary-export.ts';
import type { SummaryInput } from '../report/summary-input.ts';
import { summaryText } from '../report/summary-text.ts';
import { redactor } from '../script/secrets.ts';
import { banner } from './banner.ts';
import type { RunSettings } from './command.ts';
import type { Engine } from './engine.ts';
import { LivePage } from './live-page.ts';
import { blockView, hiddenView, plainView } from './live-view.ts';
import { openLog } from './log-setup.ts';
import { writableProblem, writeWhole } from './output-file.ts';
import { makeRequest } from './request.ts';
import { openScript, type ScriptSource } from './script-source.ts';
import { readSecrets } from './secret-source.ts';
import { type SimulatorProcess, startSimulatorProcess } from './simulator-process.ts';
import type { StopSignal, Street, Terminal } from './street.ts';
import { readVersion } from './version.ts';

const signalNames: Record<StopSignal, string> = { SIGINT: 'interrupt', SIGTERM: 'terminated' };

/** `vurun run`: from the script to the exit code. Throws a UserError for what stops the run. */
export async function runCommand(
  script: string,
  settings: RunSettings,
  street: Street,
  engine: Engine,
): Promise<ExitCodeNumber> {
  const secrets = readSecrets(settings.secretSources, street);
  const redact = redactor(secrets);
  const log = openLog(settings, street, redact);
  const say = (level: LogLevelName, message: string) =>
    log.sink({ level, time: Date.now(), message });
  const stdout = street.stdout;
  const palette: Palette = stdout.isTty && !settings.noColor ? ansiPalette : plainPalette;

  let run: TestRun | undefined;
  let view = hiddenView;
  let stopped: StopSignal | undefined;
  /** Set while vurun only waits to be ended. */
  let ended: (() => void) | undefined;
  const unlisten = street.onStop((signal) => {
    if (ended !== undefined) {
      ended();
      return;
    }
    if (stopped !== undefined || run === undefined) {
      // Nothing to wind down yet, or the user is out of patience.
      view.stop();
      street.stderr.write('Aborting vurun in response to signal\n');
      street.exit(ExitCode.externalAbort);
      return;
    }
    stopped = signal;
    say(
      'info',
      'stopping: iterations are cut off, teardown() and the summary follow; once more ends vurun at once',
    );
    run.interrupt();
  });

  let simulator: SimulatorProcess | undefined;
  let live: LivePage | undefined;
  let source: ScriptSource | undefined;
  try {
    // All files at once and before the first request: a test is not run for a report that is lost.
    const problems = [...log.problems];
    for (const [what, file] of [
      ['summary', settings.summaryExport],
      ['diagnosis', settings.diagnosisExport],
    ] as const) {
      if (file === undefined) continue;
      const reason = writableProblem(street.cwd, file);
      if (reason) problems.push(`the ${what} export '${file}': ${reason}`);
    }
    if (problems.length > 0) {
      throw problemsError(ExitCode.invalidConfig, 'files cannot be written:', problems);
    }
    if (!settings.quiet) stdout.write(banner(`v${readVersion()}`, palette));

    if (settings.simulator !== undefined) {
      simulator = await startSimulatorProcess(settings.simulator, street);
      Object.assign(settings.scriptEnv, { BASE: simulator.http, BASE_WS: simulator.ws });
    }
    source = await openScript(script, settings, street);
    const request = await makeRequest(source, settings, street, engine, log.sink, secrets);
    const resultPath = resultPathOf(settings.result, script, street.cwd);
    if (settings.ui !== undefined) {
      live = await LivePage.open(settings.ui);
      say('info', `the live report is at ${live.url}`);
    }
    const prepared = await engine.createTestRun({
      ...request,
      ...(live === undefined ? {} : { onResult: (line) => live?.add(line) }),
      ...(resultPath === undefined ? {} : { resultPath }),
    });
    run = prepared;
    if (!settings.quiet) {
      stdout.write(describe(script, settings, request.seed, prepared, palette, stdout));
      const progress = () => prepared.progress();
      view = stdout.isTty ? blockView(stdout, progress, palette) : plainView(stdout, progress);
      log.through((print) => view.above(print));
    }
    view.start();
    let result: RunResult;
    try {
      result = await prepared.run();
    } finally {
      view.stop();
    }
    const exported = report(result, prepared, settings, street, palette, say);
    if (resultPath !== undefined && !settings.quiet) {
      const shown = relative(street.cwd, resultPath);
      stdout.write(
        `  result: ${palette.cyan(printable(shown.startsWith('..') ? resultPath : shown))}\n\n`,
      );
    }
    if (simulator !== undefined && settings.summaryMode !== 'disabled') {
      stdout.write(secondCountText(result.ledger, await simulator.counts(), palette));
    }
    for (const [level, message] of lastWords(result, stopped)) say(level, message);
    if (run.config.linger && stopped === undefined) {
      say('info', 'the test is over and vurun lingers, as it was told; Ctrl-C ends it');
      // A promise alone does not keep Node from ending.
      const awake = setInterval(() => {}, 60_000);
      await new Promise<void>((resolve) => {
        ended = resolve;
      });
      clearInterval(awake);
    }
    // A report that was asked for and is missing must not look like success to a script.
    return !exported && result.exitCode === ExitCode.ok ? ExitCode.usage : result.exitCode;
  } catch (thrown) {
    // Whoever reads only the log file later must find there why the run ended.
    if (settings.logOutput.to === 'file') say('error', messageOf(thrown));
    // The last word of a run quotes what the script threw.
    if (!(thrown instanceof UserError)) throw thrown;
    throw new UserError(thrown.exitCode, redact(thrown.message), thrown.hint);
  } finally {
    simulator?.stop();
    await live?.close();
    await source?.dispose();
    unlisten();
    log.close();
  }
}

/** Where the result file goes. Names sort by date; a second run in one second gets a number. */
function resultPathOf(
  result: RunSettings['result'],
  script: string,
  cwd: string,
): string | undefined {
  if (result === false) return undefined;
  if (typeof result === 'string') return resolve(cwd, result);
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const name = parse(script === '-' ? 'stdin' : script).name.replace(/[^\w.-]+/g, '_');
  const base = resolve(cwd, 'results', `${stamp}_${name}`);
  for (let number = 1; ; number++) {
    const path = `${base}${number === 1 ? '' : `_${number}`}.vurun.gz`;
    if (!existsSync(path)) return path;
  }
}

/** What is about to run, in k6's layout. */
function describe(
  script: string,
  settings: RunSettings,
  seed: number,
  { description, config }: TestRun,
  palette: Palette,
  terminal: Terminal,
): string {
  const columns = widthOf(terminal);
  const row = (name: string, value: string) => `${`${name}:`.padStart(15)} ${value}`;
  const [total = '', ...scenarios] = description.map((line) => line.trim());
  return [
    row('execution', palette.cyan('local')),
    row('script', palette.cyan(printable(script))),
    row('output', palette.cyan(settings.outputs.map(shownOutput).join(', ') || '-')),
    row('seed', palette.cyan(String(seed))),
    ...(config.target.authorized === undefined
      ? []
      : [row('authorized', palette.cyan(printable(config.target.authorized)))]),
    '',
    ...wrap(row('scenarios', palette.cyan(total)).split(/(?<=\S) /), columns, 16),
    ...scenarios.flatMap((line) => wrap(`${' '.repeat(14)}${line}`.split(/(?<=\S) /), columns, 16)),
    '',
    '',
  ].join('\n');
}

/** What `--out` was given, without a password that its address may hold. */
function shownOutput(spec: string): string {
  return printable(spec.replace(/\/\/[^/@\s]*@/, '//***@'));
}

/** Columns to fit lines into; undefined where nobody looks at them on a terminal. */
function widthOf(terminal: Terminal): number | undefined {
  // A pseudo-terminal whose size nobody has set says 0.
  return (terminal.isTty && terminal.columns()) || undefined;
}

/**
 * Shows and stores the summary: what the script's handleSummary made, else ours. Returns whether
 * all exports that were asked for are there.
 */
function report(
  result: RunResult,
  run: TestRun,
  settings: RunSettings,
  street: Street,
  palette: Palette,
  say: (level: LogLevelName, message: string) => void,
): boolean {
  const input: SummaryInput = {
    ledger: result.ledger,
    durationMs: result.durationMs,
    trendStats: run.config.summaryTrendStats,
    timeUnit: run.config.summaryTimeUnit,
    setupData: result.setupData,
    isStdOutTty: street.stdout.isTty,
    isStdErrTty: street.stderr.isTty,
    noColor: settings.noColor,
  };
  if (settings.summaryMode !== 'disabled') {
    if (result.handledSummary === undefined) {
      const { caveats } = result;
      const { authorized } = run.config.target;
      const columns = widthOf(street.stdout);
      // Without an attempt there is nothing to judge.
      const diagnosis = result.attempts.ended() === 0 ? undefined : result.diagnosis;
      const mode = settings.summaryMode;
      const text = summaryText(
        { ...input, mode, caveats, columns, diagnosis, authorized },
        palette,
      );
      street.stdout.write(text);
    } else {
      for (const [name, data] of Object.entries(result.handledSummary)) {
        if (name === 'stdout') street.stdout.write(asText(data));
        else if (name === 'stderr') street.stderr.write(asText(data));
        else {
          try {
            writeWhole(street.cwd, name, data);
          } catch (thrown) {
            say(
              'error',
              `cannot write '${name}', which handleSummary() made: ${messageOf(thrown)}`,
            );
          }
        }
      }
      for (const caveat of result.caveats) say('warning', caveat);
    }
  }
  const exports: [file: string | undefined, content: () => unknown][] = [
    [settings.summaryExport, () => summaryExport(input)],
    [settings.diagnosisExport, () => result.diagnosis],
  ];
  return exports
    .map(([file, content]) => {
      if (file === undefined) return true;
      try {
        writeWhole(street.cwd, file, `${JSON.stringify(content(), undefined, 4)}\n`);
        return true;
      } catch (thrown) {
        say('error', `cannot write '${file}': ${messageOf(thrown)}`);
        return false;
      }
    })
    .every(Boolean);
}

function asText(data: string | Uint8Array): string {
  return typeof data === 'string' ? data : Buffer.from(data).toString();
}

/** What the end of a run leaves to say, in k6's words. */
function lastWords(
  result: RunResult,
  stopped: StopSignal | undefined,
): [level: LogLevelName, message: string][] {
  const words: [LogLevelName, string][] = [];
  if (result.iterationsComplete === 0) {
    words.push([
      'warning',
      'No script iterations fully finished, consider making the test duration longer',
    ]);
  }
  if (result.exitCode === ExitCode.thresholdsFailed) {
    const crossed = result.ledger.metrics().filter((view) => view.thresholds.some((t) => !t.ok));
    const names = crossed.map((view) => view.name).join(', ');
    const aborted = crossed.some((view) => view.thresholds.some((t) => !t.ok && t.abortOnFail));
    words.push([
      'error',
      aborted
        ? `thresholds on metrics '${names}' were crossed; at least one has abortOnFail enabled, stopping test prematurely`
        : `thresholds on metrics '${names}' have been crossed`,
    ]);
  }
  if (result.exitCode === ExitCode.markedAsFailed) {
    words.push(['error', 'test run was marked as failed']);
  }
  if (result.exitCode === ExitCode.externalAbort && stopped !== undefined) {
    words.push([
      'error',
      `test run was aborted because vurun received a '${signalNames[stopped]}' signal`,
    ]);
  }
  return words;
}
