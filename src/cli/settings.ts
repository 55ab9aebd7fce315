import { join } from 'node:path';
import { type Subject, subjects } from '../diagnosis/contract.ts';
import { ExitCode, problemsError, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import { summaryModes } from '../report/summary-text.ts';
import { didYouMean } from '../script/nearest.ts';
import type { LogOutput, RunSettings } from './command.ts';
import type { FlagRow } from './flags.ts';
import { logFormats } from './log-printer.ts';

/** Flags as they were given: `true`/`false` for switches, text, or a list for those that repeat. */
export type GivenFlags = ReadonlyMap<FlagRow, boolean | string | readonly string[]>;
type Env = Readonly<Record<string, string | undefined>>;

/** The long name of a flag, without its dashes. */
export function longName(row: FlagRow): string {
  return (/--([\w-]+)/.exec(row.flags) as RegExpExecArray)[1] as string;
}

/**
 * Flags and environment made into the settings of a run. Throws a UserError that names every flag
 * and variable that cannot be understood.
 */
export function readSettings(given: GivenFlags, env: Env, systemEnv = true): RunSettings {
  const problems: string[] = [];
  const byName = new Map([...given].map(([row, value]) => [longName(row), value]));
  const text = (flag: string, variable?: string): string | undefined => {
    const value = byName.get(flag);
    if (typeof value === 'string') return value;
    return variable === undefined ? undefined : env[variableName(variable, env)] || undefined;
  };
  const list = (flag: string) => (byName.get(flag) ?? []) as readonly string[];
  const origin = (flag: string, variable: string) =>
    byName.has(flag) ? `--${flag}` : `the environment's ${variableName(variable, env)}`;
  const choice = <T extends string>(
    flag: string,
    variable: string,
    all: readonly T[],
    fallback: T,
  ): T => {
    const value = text(flag, variable);
    if (value === undefined) return fallback;
    if ((all as readonly string[]).includes(value)) return value as T;
    problems.push(
      `${origin(flag, variable)}: '${value}' is none of ${all.join(', ')}${didYouMean(value, all)}`,
    );
    return fallback;
  };
  const whole = (flag: string, least: number, most: number): number | undefined => {
    const value = text(flag);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    problems.push(`--${flag}: '${value}' is no whole number from ${least} to ${most}`);
    return undefined;
  };
  const toggle = (flag: string, variable: string, fallback: boolean): boolean => {
    const value = byName.get(flag);
    if (typeof value === 'boolean') return value;
    const word = text('', variable);
    if (word === undefined) return fallback;
    if (/^(1|t|true)$/i.test(word)) return true;
    if (/^(0|f|false)$/i.test(word)) return false;
    problems.push(`${origin('', variable)}: '${word}' is neither true nor false`);
    return fallback;
  };
  const options = Object.fromEntries(
    [...byName].map(([name, value]) => [
      name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );

  const ownEnv = list('env').flatMap((pair): [string, string][] => {
    const cut = pair.indexOf('=');
    const name = cut < 0 ? pair : pair.slice(0, cut);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      problems.push(
        `--env: '${name}' is no name for a variable (letters, digits and _, not beginning with a digit)`,
      );
    } else if (cut < 0) problems.push(`--env ${name}: write --env ${name}=value`);
    else return [[name, pair.slice(cut + 1)]];
    return [];
  });
  const include =
    byName.get('no-include-system-env-vars') === true
      ? false
      : toggle('include-system-env-vars', 'VURUN_INCLUDE_SYSTEM_ENV_VARS', systemEnv);
  const scriptEnv = { ...(include ? definedOnly(env) : {}), ...Object.fromEntries(ownEnv) };

  for (const [name, nothing] of Object.entries(laterVariables)) {
    const value = env[name] ?? '';
    if (value !== '' && !nothing.test(value)) {
      problems.push(`the environment's ${name}: k6 has this, vurun does not yet; leave it out`);
    }
  }
  const type = choice('type', 'VURUN_TYPE', ['', 'js', 'archive'], '');
  const mode = text('compatibility-mode', 'VURUN_COMPATIBILITY_MODE') ?? 'extended';
  if (mode !== 'extended') {
    problems.push(
      `${origin('compatibility-mode', 'VURUN_COMPATIBILITY_MODE')}: '${mode}': vurun has k6's mode extended only; leave it out`,
    );
  }
  const outputs = byName.has('out') ? [...list('out')] : splitList(text('', 'VURUN_OUT') ?? '');
  const settings: RunSettings = {
    options,
    scriptEnv,
    ownEnv: Object.fromEntries(ownEnv),
    type: type === '' ? undefined : type,
    configFile: text('config', 'VURUN_CONFIG'),
    remote: {
      cacheDir: cacheDir(env),
      offline: toggle('offline', 'VURUN_OFFLINE', false),
      update: byName.get('update-imports') === true,
      httpProxy: env.http_proxy ?? env.HTTP_PROXY,
      httpsProxy: env.https_proxy ?? env.HTTPS_PROXY,
      noProxy: env.no_proxy ?? env.NO_PROXY,
    },
    simulator: readSimulator(text('sim'), list('sim-set'), problems),
    shards: whole('shards', 1, limits.shards),
    seed: whole('seed', 0, 0xffff_ffff),
    secretSources: byName.has('secret-source')
      ? list('secret-source')
      : [env.VURUN_SECRET_SOURCE ?? ''].filter((source) => source !== ''),
    quiet: byName.get('quiet') === true,
    verbose: byName.get('verbose') === true,
    noColor:
      byName.get('no-color') === true ||
      (env.NO_COLOR ?? '') !== '' ||
      toggle('', 'VURUN_NO_COLOR', false),
    outputs: [
      ...outputs.filter((spec) => !isResult(spec)),
      ...list('ids').map((spec) => `ids=${spec}`),
    ],
    result:
      outputs.findLast(isResult)?.replace(/^result=?/, '') ||
      !(byName.get('no-result') === true || toggle('', 'VURUN_NO_RESULT', false)),
    summaryMode: choice('summary-mode', 'VURUN_SUMMARY_MODE', summaryModes, 'compact'),
    summaryExport: text('summary-export', 'VURUN_SUMMARY_EXPORT'),
    ui: readUi(byName.get('ui'), problems),
    diagnosisExport: text('diagnosis-export', 'VURUN_DIAGNOSIS_EXPORT'),
    failOn: readFailOn(list('fail-on'), problems),
    consoleOutput: text('console-output', 'VURUN_CONSOLE_OUTPUT'),
    logOutput: readLogOutput(
      text('log-output', 'VURUN_LOG_OUTPUT') ?? 'stderr',
      origin('log-output', 'VURUN_LOG_OUTPUT'),
      problems,
    ),
    logFormat: choice('log-format', 'VURUN_LOG_FORMAT', logFormats, 'text'),
  };
  if (problems.length === 1) throw new UserError(ExitCode.usage, problems[0] as string);
  if (problems.length > 1) {
    throw problemsError(ExitCode.usage, 'some flags cannot be understood:', problems);
  }
  return settings;
}

/** The result file is no stream of samples, but it is asked for like one. */
function isResult(spec: string): boolean {
  return /^result(=|$)/.test(spec);
}

function readUi(value: unknown, problems: string[]): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (/^\d+$/.test(String(value)) && port <= 65_535) return port;
  problems.push(`--ui=${String(value)}: write --ui, or --ui=PORT with a port from 0 to 65535`);
  return undefined;
}

/** `--fail-on generator,capacity` or one flag each. */
function readFailOn(given: readonly string[], problems: string[]): Subject[] {
  return given.flatMap(splitList).flatMap((name): Subject[] => {
    const subject = subjects.find((one) => one === name);
    if (subject !== undefined) return [subject];
    problems.push(
      `--fail-on: '${name}' is none of ${subjects.join(', ')}${didYouMean(name, subjects)}`,
    );
    return [];
  });
}

function readSimulator(
  preset: string | undefined,
  set: readonly string[],
  problems: string[],
): RunSettings['simulator'] {
  if (preset !== undefined) return { preset, set };
  if (set.length > 0)
    problems.push('--sim-set needs --sim PRESET: there is no simulator to change');
  return undefined;
}

function readLogOutput(value: string, where: string, problems: string[]): LogOutput {
  if (value === 'stderr' || value === 'stdout' || value === 'none') return { to: value };
  const path = value.startsWith('file=') ? value.slice('file='.length) : '';
  if (path !== '') return { to: 'file', path };
  problems.push(`${where}: '${value}' is none of stderr, stdout, none, file=PATH`);
  return { to: 'stderr' };
}

/** The variable that counts: vurun's own, else k6's of the same name, which `VURUN_` stands for. */
function variableName(variable: string, env: Env): string {
  return env[variable] ? variable : variable.replace(/^VURUN_/, 'K6_');
}

/** Variables of k6 that ask for what vurun has not; their values when they ask for nothing. */
const laterVariables: Readonly<Record<string, RegExp>> = {
  K6_ADDRESS: /^$/,
  K6_PROFILING_ENABLED: /^(0|f|false)$/i,
  K6_SECRET_SOURCE: /^$/,
  K6_TRACES_OUTPUT: /^none$/,
  K6_WEB_DASHBOARD: /^(0|f|false)$/i,
};

/** Where fetched modules are kept: beside those of the user's other programs. */
function cacheDir(env: Env): string | undefined {
  if (env.VURUN_CACHE_DIR) return env.VURUN_CACHE_DIR;
  const caches = env.XDG_CACHE_HOME || env.LOCALAPPDATA || (env.HOME && join(env.HOME, '.cache'));
  return caches ? join(caches, 'vurun', 'modules') : undefined;
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function definedOnly(env: Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
