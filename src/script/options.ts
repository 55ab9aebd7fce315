/**
 * From what script, config file, environment and command line ask for to one configuration: merged
 * option by option, the later of these winning, then checked as a whole, so that all mistakes are
 * told at once.
 */
import { isIP, isIPv4 } from 'node:net';
import { formatDuration } from '../duration.ts';
import { ExitCode, problemsError } from '../errors.ts';
import { limits } from '../limits.ts';
import { parseAddresses } from './addresses.ts';
import type { RunConfig, ScenarioPlanInput, ThresholdConfig } from './config.ts';
import {
  boolean,
  child,
  duration,
  type Field,
  integer,
  isObject,
  isSet,
  list,
  oneOf,
  Problems,
  positiveDuration,
  type Reader,
  refuseUnknown,
  setKeys,
  shown,
  size,
  text,
  textMap,
} from './field.ts';
import { didYouMean, nearest } from './nearest.ts';
import { dns, dnsDefault, hostPatterns, networks, tlsCipherSuites, tlsVersion } from './network.ts';
import { formatRate, parseRate, type Rate } from './rate.ts';
import { deriveScenarios, readExpectations, shortcuts } from './scenarios.ts';
import { parseSegment, readSegment, readSequence, type Stripe } from './segment.ts';
import { formatSize } from './size.ts';

export interface OptionLayers {
  /** The config file's content, parsed. */
  configFile?: unknown;
  configFileName?: string;
  /** The environment; `VURUN_*` of it are options, and `K6_*` where those say nothing. */
  env: Readonly<Record<string, string | undefined>>;
  /**
   * Command line flags by camel-cased name, as commander gives them: `vus`, `stage`, `tag`,
   * `noSetup: true` or `setup: false`. Values are text, true or lists of text.
   */
  flags: Readonly<Record<string, unknown>>;
  /** The options an archive was made with: they stand for those the script exports. */
  archived?: unknown;
  /** Options that stand above all others: those of a command that runs the script for its own ends. */
  imposed?: unknown;
  /** `__ENV` of the script. */
  scriptEnv: Readonly<Record<string, string>>;
}

/** What the script told at its first init. */
export interface ScriptFacts {
  /** `options` as JSON; undefined when the script exports none. */
  optionsJson?: string;
  /** Names of exported functions. */
  functions: readonly string[];
}

export interface OptionContext {
  /** What is wrong with thresholds beyond their shape, a line each: the metrics room knows. */
  thresholdProblems?: (thresholds: RunConfig['thresholds']) => readonly string[];
  /** vurun's version, for the user agent. */
  version: string;
}

interface Spec {
  /** Suffix of the environment variable; undefined when there is none. */
  env?: string;
  /** Camel-cased name of the flag; undefined when there is none. */
  flag?: string;
  /** Makes of a flag's or variable's text what a script would write. Throws an Error. */
  fromText?: (texts: string[]) => unknown;
  /** May stand in a script or config file. Default true. */
  inScript?: false;
  /** The environment variable is vurun's alone: k6 knows none, or ignores it. */
  own?: true;
}

/** Every option there is, by its name in scripts. */
const specs: Record<string, Spec> = {
  vus: { env: 'VUS', flag: 'vus' },
  duration: { env: 'DURATION', flag: 'duration' },
  iterations: { env: 'ITERATIONS', flag: 'iterations' },
  stages: { env: 'STAGES', flag: 'stage', fromText: stagesFromText },
  scenarios: {},
  thresholds: {},
  setupTimeout: { env: 'SETUP_TIMEOUT' },
  teardownTimeout: { env: 'TEARDOWN_TIMEOUT' },
  handleSummaryTimeout: { env: 'HANDLE_SUMMARY_TIMEOUT' },
  noSetup: { env: 'NO_SETUP', flag: 'noSetup', fromText: booleanFromText },
  noTeardown: { env: 'NO_TEARDOWN', flag: 'noTeardown', fromText: booleanFromText },
  noThresholds: {
    env: 'NO_THRESHOLDS',
    flag: 'noThresholds',
    fromText: booleanFromText,
    inScript: false,
  },
  rps: { env: 'RPS', flag: 'rps' },
  maxRedirects: { env: 'MAX_REDIRECTS', flag: 'maxRedirects' },
  userAgent: { env: 'USER_AGENT', flag: 'userAgent' },
  batch: { env: 'BATCH', flag: 'batch' },
  batchPerHost: { env: 'BATCH_PER_HOST', flag: 'batchPerHost' },
  httpDebug: {
    env: 'HTTP_DEBUG',
    flag: 'httpDebug',
    // The bare flag stands for its shorter form.
    fromText: ([value]) => (value === 'true' ? 'headers' : value),
  },
  httpDebugFailed: {
    env: 'HTTP_DEBUG_FAILED',
    flag: 'httpDebugFailed',
    fromText: booleanFromText,
    own: true,
  },
  insecureSkipTLSVerify: {
    env: 'INSECURE_SKIP_TLS_VERIFY',
    flag: 'insecureSkipTlsVerify',
    fromText: booleanFromText,
  },
  tlsAuth: {},
  tlsCA: {},
  tlsVersion: {},
  tlsCipherSuites: { env: 'TLS_CIPHER_SUITES', fromText: listFromText },
  throw: { env: 'THROW', flag: 'throw', fromText: booleanFromText },
  hosts: { env: 'HOSTS', fromText: pairsFromText, own: true },
  dns: { env: 'DNS', flag: 'dns' },
  blacklistIPs: { env: 'BLACKLIST_IPS', flag: 'blacklistIp', fromText: listFromText },
  blockHostnames: { env: 'BLOCK_HOSTNAMES', flag: 'blockHostnames', fromText: listFromText },
  localIPs: { env: 'LOCAL_IPS', flag: 'localIps' },
  noConnectionReuse: {
    env: 'NO_CONNECTION_REUSE',
    flag: 'noConnectionReuse',
    fromText: booleanFromText,
  },
  noVUConnectionReuse: {
    env: 'NO_VU_CONNECTION_REUSE',
    flag: 'noVuConnectionReuse',
    fromText: booleanFromText,
  },
  noCookiesReset: { env: 'NO_COOKIES_RESET', fromText: booleanFromText },
  discardResponseBodies: {
    env: 'DISCARD_RESPONSE_BODIES',
    flag: 'discardResponseBodies',
    fromText: booleanFromText,
  },
  traceparent: { env: 'TRACEPARENT', fromText: shareFromText, own: true },
  minIterationDuration: { env: 'MIN_ITERATION_DURATION', flag: 'minIterationDuration' },
  executionSegment: { env: 'EXECUTION_SEGMENT', flag: 'executionSegment' },
  executionSegmentSequence: {
    env: 'EXECUTION_SEGMENT_SEQUENCE',
    flag: 'executionSegmentSequence',
  },
  tags: { env: 'TAGS', flag: 'tag', fromText: pairsFromText },
  systemTags: { env: 'SYSTEM_TAGS', flag: 'systemTags', fromText: listFromText },
  summaryTrendStats: {
    env: 'SUMMARY_TREND_STATS',
    flag: 'summaryTrendStats',
    fromText: listFromText,
  },
  summaryTimeUnit: { env: 'SUMMARY_TIME_UNIT', flag: 'summaryTimeUnit' },
  target: {},
  idHeaders: { env: 'ID_HEADERS', fromText: listFromText, own: true },
  iterationTakes: {},
  callsPerIteration: {},
  iHaveAuthorization: {
    env: 'I_HAVE_AUTHORIZATION',
    flag: 'iHaveAuthorization',
    fromText: booleanFromText,
    inScript: false,
    own: true,
  },
  strict: { env: 'STRICT', flag: 'strict', fromText: booleanFromText, own: true },
  failOnScriptError: {
    env: 'FAIL_ON_SCRIPT_ERROR',
    flag: 'failOnScriptError',
    fromText: booleanFromText,
    own: true,
  },
  linger: { env: 'LINGER', flag: 'linger', fromText: booleanFromText },
  vuMemoryLimit: { env: 'VU_MEMORY_LIMIT', flag: 'vuMemoryLimit', own: true },
  vuStackLimit: { env: 'VU_STACK_LIMIT', flag: 'vuStackLimit', own: true },
  vuTurnTimeout: { env: 'VU_TURN_TIMEOUT', flag: 'vuTurnTimeout', own: true },
};

/** Camel-cased names of the flags that are options; everything else on the command line is not ours. */
export const optionFlags: readonly string[] = Object.values(specs).flatMap(
  (spec) => spec.flag ?? [],
);

const later: readonly string[] = ['paused', 'features', 'collectors', 'webDashboard'];
/** Options of k6 that can be left out without any change to the run. */
const meaningless: readonly string[] = [
  'cloud',
  'ext',
  'metricSamplesBufferSize',
  'noUsageReport',
  'vusMax',
  'tlsAIAFetch',
];

const systemTagsKnown: readonly string[] = [
  'proto',
  'subproto',
  'status',
  'method',
  'url',
  'name',
  'group',
  'check',
  'error',
  'error_code',
  'tls_version',
  'scenario',
  'service',
  'expected_response',
  'ip',
  'ocsp_status',
  'iter',
  'vu',
];
const systemTagsDefault = systemTagsKnown.slice(0, 14);
const trendStatsDefault = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];

interface Layer {
  /** How k6 calls it in its warnings. */
  level: 'config file' | 'script' | 'environment' | 'cli' | 'command';
  fields: Map<string, Field>;
}

/**
 * One configuration out of all layers. Throws a UserError (104) that lists every mistake with the
 * option's path, where it was set and what to write instead.
 */
export function consolidate(
  layers: OptionLayers,
  script: ScriptFacts,
  context: OptionContext,
): RunConfig {
  const problems = new Problems();
  const warnings: string[] = [];
  const fileSource = `config file ${layers.configFileName ?? ''}`.trim();
  const scriptOptions: unknown =
    layers.archived ??
    (script.optionsJson === undefined ? undefined : JSON.parse(script.optionsJson));
  const merged = merge(
    [
      written('config file', layers.configFile, fileSource, problems, warnings),
      written('script', scriptOptions, 'script', problems, warnings),
      environment(layers.env, problems, warnings),
      commandLine(layers.flags, problems),
      written('command', layers.imposed, 'command', problems, warnings),
    ],
    warnings,
  );

  function get<T>(key: string, reader: Reader<T>, otherwise: T): T {
    const field = merged.get(key);
    return (field && reader(field, problems)) ?? otherwise;
  }

  const systemTags = get('systemTags', systemTagNames(warnings), systemTagsDefault);
  const expectations = readExpectations((key) => merged.get(key), problems);
  const config: Omit<RunConfig, 'visibleOptions' | 'givenOptions' | 'warnings'> = {
    scenarios: deriveScenarios(merged, script.functions, problems, warnings).map((scenario) => ({
      ...expectations,
      ...scenario,
    })),
    thresholds: get('thresholds', thresholds, []),
    noThresholds: get('noThresholds', boolean, false),
    setupTimeoutMs: get('setupTimeout', positiveDuration('setupTimeout'), 60_000),
    teardownTimeoutMs: get('teardownTimeout', positiveDuration('teardownTimeout'), 60_000),
    handleSummaryTimeoutMs: get(
      'handleSummaryTimeout',
      positiveDuration('handleSummaryTimeout'),
      120_000,
    ),
    noSetup: get('noSetup', boolean, false),
    noTeardown: get('noTeardown', boolean, false),
    // k6 takes 0 and less as "no bound".
    rps: Math.max(0, get('rps', integer(), 0)),
    maxRedirects: get('maxRedirects', integer(0), 10),
    maxRedirectsExplicit: merged.has('maxRedirects'),
    userAgent: get('userAgent', headerText, `vurun/${context.version}`),
    batch: get('batch', integer(1), 20),
    batchPerHost: get('batchPerHost', integer(1), 6),
    httpDebug: get('httpDebug', oneOf(['', 'headers', 'full']), ''),
    httpDebugFailed: get('httpDebugFailed', boolean, false),
    insecureSkipTLSVerify: get('insecureSkipTLSVerify', boolean, false),
    tlsAuth: get(
      'tlsAuth',
      list(tlsAuth, limits.scenarios, '[{ cert: open(…), key: open(…) }]'),
      [],
    ),
    tlsCA: get('tlsCA', certificates, []),
    tlsVersion: get('tlsVersion', tlsVersion, {}),
    tlsCipherSuites: get('tlsCipherSuites', tlsCipherSuites, []),
    throw: get('throw', boolean, false),
    hosts: get('hosts', hosts, {}),
    dns: get('dns', dns, dnsDefault),
    blacklistIPs: get('blacklistIPs', networks, []),
    blockHostnames: get('blockHostnames', hostPatterns, []),
    localAddresses: get('localIPs', localAddresses, []),
    noConnectionReuse: get('noConnectionReuse', boolean, false),
    noVUConnectionReuse: get('noVUConnectionReuse', boolean, false),
    noCookiesReset: get('noCookiesReset', boolean, false),
    discardResponseBodies: get('discardResponseBodies', boolean, false),
    traceparent: get('traceparent', share, 0),
    minIterationDurationMs: get('minIterationDuration', pause, 0),
    segment: segment(merged, problems, warnings),
    target: authorizedTarget(get('target', target, {}), get('iHaveAuthorization', boolean, false)),
    idHeaders: get('idHeaders', headerNames, []),
    strict: get('strict', boolean, false),
    failOnScriptError: get('failOnScriptError', boolean, false),
    linger: get('linger', boolean, false),
    tags: get('tags', textMap("{ name: 'value' }", limits.tagsPerSample), {}),
    systemTags,
    summaryTrendStats: get(
      'summaryTrendStats',
      list(trendStat, 100, "['avg', 'p(95)']"),
      trendStatsDefault,
    ),
    summaryTimeUnit: get('summaryTimeUnit', timeUnit, ''),
    vuMemoryLimitBytes: get(
      'vuMemoryLimit',
      size(1024 * 1024, limits.cellMemoryBytes, '64MB'),
      limits.vuMemoryBytes,
    ),
    vuStackLimitBytes: get(
      'vuStackLimit',
      // The thread's own stack must be 32 times as large.
      size(16 * 1024, (limits.workerStackMiB * 1024 * 1024) / 32, '128KB'),
      limits.vuStackBytes,
    ),
    vuTurnTimeoutMs: get('vuTurnTimeout', positiveDuration('vuTurnTimeout'), limits.turnMs),
    env: layers.scriptEnv,
  };
  if (!config.noThresholds) {
    problems.lines.push(...(context.thresholdProblems?.(config.thresholds) ?? []));
  }
  if (problems.lines.length > 0) {
    throw problemsError(
      ExitCode.invalidConfig,
      'There were problems with the specified script configuration:',
      problems.lines,
    );
  }
  const given = [...merged].filter(([key]) => specs[key]?.inScript !== false);
  return {
    ...config,
    visibleOptions: visible(config, merged),
    givenOptions: Object.fromEntries(given.map(([key, field]) => [key, field.value])),
    warnings,
  };
}

// layers -----------------------------------------------------------------------------------------

/** Options as a script or a config file writes them. */
function written(
  level: 'config file' | 'script' | 'command',
  value: unknown,
  source: string,
  problems: Problems,
  warnings: string[],
): Layer {
  const fields = new Map<string, Field>();
  if (!isSet(value)) return { level, fields };
  if (!isObject(value)) {
    problems.add({ path: 'options', source }, `must be an object, not ${shown(value)}`);
    return { level, fields };
  }
  const unknown: string[] = [];
  const names = Object.keys(specs).filter((key) => specs[key]?.inScript !== false);
  for (const key of setKeys(value)) {
    const field: Field = { value: value[key], path: key, source };
    if (names.includes(key)) fields.set(key, field);
    else if (later.includes(key)) {
      if (value[key] !== false) problems.add(field, laterText);
    } else if (meaningless.includes(key)) {
      warnings.push(`${key} (${source}): this option of k6 means nothing to vurun`);
    } else unknown.push(key + didYouMean(key, names));
  }
  if (unknown.length > 0) {
    const where = level === 'script' ? 'options exported in the script' : source;
    warnings.push(`There were unknown fields in the ${where}: ${unknown.join(', ')}`);
  }
  return { level, fields };
}
const laterText = 'k6 has this option, vurun does not yet; leave it out';

function environment(env: OptionLayers['env'], problems: Problems, warnings: string[]): Layer {
  const fields = new Map<string, Field>();
  const suffixes = Object.values(specs).flatMap((spec) => spec.env ?? []);
  for (const [name, value] of Object.entries(env)) {
    const [, prefix, suffix] = /^(VURUN|K6)_(.+)$/.exec(name) ?? [];
    if (suffix === undefined || value === undefined || value === '') continue;
    const isK6 = prefix === 'K6';
    // k6's variables count where vurun's own say nothing.
    if (isK6 && (env[`VURUN_${suffix}`] ?? '') !== '') continue;
    const key = Object.keys(specs).find((k) => specs[k]?.env === suffix);
    const source = `environment ${name}`;
    if (key !== undefined && isK6 && specs[key]?.own) {
      warnings.push(`${name} is no variable of k6's and is not read; write VURUN_${suffix}`);
    } else if (key !== undefined) {
      // A variable holds all pairs at once; a flag holds one, whose value may have commas.
      const texts = specs[key]?.fromText === pairsFromText ? listFromText([value]) : [value];
      setFromText(fields, key, texts, source, problems);
    } else if (later.some((option) => snake(option) === suffix)) {
      if (!/^(false|0)$/i.test(value)) problems.add({ path: camel(suffix), source }, laterText);
    } else if (!isK6) {
      const near = nearest(suffix, suffixes);
      // Other variables are the command line's; only a name that looks like a slip is worth a word.
      if (
        near !== undefined &&
        Math.abs(near.length - suffix.length) <= 1 &&
        near[0] === suffix[0]
      ) {
        warnings.push(`${name} is no option; did you mean VURUN_${near}?`);
      }
    }
  }
  return { level: 'environment', fields };
}

function commandLine(flags: OptionLayers['flags'], problems: Problems): Layer {
  const fields = new Map<string, Field>();
  for (const [key, spec] of Object.entries(specs)) {
    if (spec.flag === undefined) continue;
    let value = flags[spec.flag];
    // commander turns `--no-setup` into `setup: false`.
    const positive = /^no([A-Z])(.*)$/.exec(spec.flag);
    if (value === undefined && positive !== null) {
      const name = (positive[1] as string).toLowerCase() + (positive[2] as string);
      if (flags[name] === false) value = true;
    }
    if (!isSet(value)) continue;
    const texts = (Array.isArray(value) ? value : [value]).map(String);
    const name = spec.flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (texts.length > 0) setFromText(fields, key, texts, `flag --${name}`, problems);
  }
  return { level: 'cli', fields };
}

function setFromText(
  fields: Map<string, Field>,
  key: string,
  texts: string[],
  source: string,
  problems: Problems,
): void {
  try {
    const value = specs[key]?.fromText?.(texts) ?? texts.at(-1);
    fields.set(key, { value, path: key, source });
  } catch (thrown) {
    problems.add({ path: key, source }, (thrown as Error).message);
  }
}

/** Later layers win, option by option; a shortcut or `scenarios` pushes out all earlier ones. */
function merge(layers: readonly Layer[], warnings: string[]): Map<string, Field> {
  const merged = new Map<string, Field>();
  for (const { level, fields } of layers) {
    if (shortcuts.some((key) => fields.has(key))) {
      const lost = merged.get('scenarios');
      if (lost !== undefined && isObject(lost.value) && setKeys(lost.value).length > 0) {
        warnings.push(`"${level}" level configuration overrode scenarios configuration entirely`);
      }
      for (const key of shortcuts) merged.delete(key);
    }
    for (const [key, field] of fields) merged.set(key, field);
  }
  return merged;
}

function snake(option: string): string {
  return option
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/_?IPs/, '_IPS')
    .toUpperCase();
}

function camel(suffix: string): string {
  return later.find((option) => snake(option) === suffix) ?? suffix;
}

// text of flags and variables ----------------------------------------------------------------------

function booleanFromText(texts: string[]): unknown {
  const last = texts.at(-1) as string;
  if (/^(true|1)$/i.test(last)) return true;
  if (/^(false|0)$/i.test(last)) return false;
  throw new Error(`must be true or false, not ${shown(last)}`);
}

/** `true`, `false` or a number. */
function shareFromText(texts: string[]): unknown {
  const last = texts.at(-1) as string;
  return /^[\d.]+$/.test(last) ? Number(last) : booleanFromText(texts);
}

function listFromText(texts: string[]): string[] {
  return texts.flatMap((part) => part.split(',')).map((part) => part.trim());
}

/** `10s:5,20s:10` */
function stagesFromText(texts: string[]): unknown[] {
  return listFromText(texts).map((stage) => {
    const [time = '', ...target] = stage.split(':');
    return { duration: time || null, target: target.join(':') || null };
  });
}

/** `name=value`, each */
function pairsFromText(texts: string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new Error(`${shown(pair)} is no pair; write name=value`);
      return [pair.slice(0, at).trim(), pair.slice(at + 1)];
    }),
  );
}

// readers ------------------------------------------------------------------------------------------

/** A share from 0 to 1; true stands for all. */
const share: Reader<number> = (field, problems) => {
  const value = typeof field.value === 'boolean' ? Number(field.value) : field.value;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  problems.add(field, `must be true, false or a number from 0 to 1, not ${shown(field.value)}`);
  return undefined;
};

const pause: Reader<number> = (field, problems) => {
  const ms = duration(field, problems);
  if (ms === undefined || ms >= 0) return ms;
  problems.add(field, `can't be negative, but is ${formatDuration(ms)}`);
  return undefined;
};

function segment(
  merged: ReadonlyMap<string, Field>,
  problems: Problems,
  warnings: string[],
): Stripe | undefined {
  const own = merged.get('executionSegment');
  const sequence = merged.get('executionSegmentSequence');
  const known = problems.lines.length;
  const read = (field: Field | undefined, reader: (given: string) => unknown) => {
    const given = field && text(field, problems);
    try {
      if (given !== undefined) reader(given);
    } catch (thrown) {
      problems.add(field as Field, (thrown as Error).message);
    }
    return given;
  };
  // Each is told what is wrong with it before the two are looked at together.
  const texts = [read(own, readSegment), read(sequence, readSequence)] as const;
  if (problems.lines.length > known) return undefined;
  try {
    const stripe = parseSegment(...texts);
    // Only halves leave no doubt about what the others run.
    if (stripe !== undefined && sequence === undefined && stripe.length > 2) {
      warnings.push(
        `executionSegment ${stripe.text} is given without executionSegmentSequence: what is left and right of it counts as one part each, ` +
          'and parts that were not cut like that overlap; give every machine the same sequence, for example 0,1/4,1/2,3/4,1',
      );
    }
    return stripe;
  } catch (thrown) {
    problems.add((own ?? sequence) as Field, (thrown as Error).message);
    return undefined;
  }
}

const headerText: Reader<string> = (field, problems) => {
  const value = text(field, problems);
  if (value === undefined || /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  problems.add(field, `must be text that fits in a header, not ${shown(value)}`);
  return undefined;
};

const target: Reader<RunConfig['target']> = (field, problems) => {
  if (!isObject(field.value)) {
    problems.add(
      field,
      `must be an object such as { limit: '300/min' }, not ${shown(field.value)}`,
    );
    return undefined;
  }
  refuseUnknown(field, ['limit', 'authorized', 'guard'], problems);
  const limit = part(child(field, 'limit'), problems, limitRate);
  const authorized = part(child(field, 'authorized'), problems, ticket);
  const guard = part(child(field, 'guard'), problems, hostPatterns);
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(authorized === undefined ? {} : { authorized }),
    ...(guard === undefined ? {} : { guard }),
  };
};

function part<T>(place: Field, problems: Problems, reader: Reader<T>): T | undefined {
  return isSet(place.value) ? reader(place, problems) : undefined;
}

const limitRate: Reader<Rate> = (field, problems) => {
  const limit = parseRate(field.value);
  if (limit === undefined) {
    problems.add(
      field,
      `must be a whole number of calls with its unit, such as '300/min', '5/s' or '10000/h', not ${shown(field.value)}`,
    );
  }
  return limit;
};

/** A variable of the environment that is not set must not pass for a word. */
const ticket: Reader<string> = (field, problems) => {
  const value = text(field, problems)?.trim();
  if (value === undefined || value === '') return undefined;
  if (value.length <= limits.tagLength && !/[\p{Cc}]/u.test(value)) return value;
  problems.add(field, "must be one line of text, such as a ticket's number");
  return undefined;
};

/** The flag says that somebody was asked, but not who; a ticket says more. */
function authorizedTarget(declared: RunConfig['target'], flag: boolean): RunConfig['target'] {
  return flag ? { authorized: '--i-have-authorization', ...declared } : declared;
}

const timeUnit = oneOf(
  ['', 's', 'ms', 'us'],
  (unit) => `invalid summary time unit '${unit}', use 's', 'ms' or 'us'`,
);

const trendStat: Reader<string> = (field, problems) => {
  const stat = text(field, problems);
  if (stat === undefined || ['avg', 'min', 'med', 'max', 'count'].includes(stat)) return stat;
  const percentile = /^p\((.*)\)$/.exec(stat)?.[1];
  if (percentile === undefined) {
    problems.add(
      field,
      `invalid trend stat '${stat}', unknown format; write avg, min, med, max, count or p(N)`,
    );
    return undefined;
  }
  const n = percentile.trim() === '' ? Number.NaN : Number(percentile);
  if (n >= 0 && n <= 100) return stat;
  problems.add(
    field,
    `invalid percentile trend stat value '${percentile}', provide a number between 0 and 100`,
  );
  return undefined;
};

function systemTagNames(warnings: string[]): Reader<string[]> {
  const read = list(text, 100, "['url', 'status']");
  return (field, problems) => {
    const names = read(field, problems);
    const unknown = names?.filter((name) => name !== '' && !systemTagsKnown.includes(name)) ?? [];
    if (unknown.length > 0) {
      const each = unknown.map((name) => `'${name}'${didYouMean(name, systemTagsKnown)}`);
      warnings.push(`${field.path} (${field.source}): there is no system tag ${each.join(', ')}`);
    }
    return names?.filter((name) => systemTagsKnown.includes(name));
  };
}

/** Only the shape is checked here: what an expression says is the metrics room's to judge. */
const thresholds: Reader<ThresholdConfig[]> = (field, problems) => {
  const example = "{ http_req_duration: ['p(95)<500'] }";
  if (!isObject(field.value)) {
    problems.add(field, `must be an object such as ${example}, not ${shown(field.value)}`);
    return undefined;
  }
  const metrics = setKeys(field.value);
  if (metrics.length > limits.thresholds) {
    problems.add(field, `has ${metrics.length} entries, and ${limits.thresholds} is the most`);
    return undefined;
  }
  return metrics.map((metric) => {
    const place = child(field, metric);
    const many = Array.isArray(place.value);
    const items = many
      ? (place.value as unknown[]).map((_, index) => child(place, index))
      : [place];
    if (items.length > limits.thresholds) {
      problems.add(place, `has ${items.length} thresholds, and ${limits.thresholds} is the most`);
      return { metric, expressions: [] };
    }
    return { metric, expressions: items.flatMap((item) => threshold(item, problems) ?? []) };
  });
};

const threshold: Reader<ThresholdConfig['expressions'][number]> = (field, problems) => {
  const { value } = field;
  if (typeof value === 'string') {
    return { source: value, abortOnFail: false, delayAbortEvalMs: 0 };
  }
  if (!isObject(value)) {
    problems.add(
      field,
      `must be text such as 'p(95)<500' or { threshold: 'p(95)<500', abortOnFail: true }, not ${shown(value)}`,
    );
    return undefined;
  }
  refuseUnknown(field, ['threshold', 'abortOnFail', 'delayAbortEval'], problems);
  const source = text(child(field, 'threshold'), problems);
  const abort = child(field, 'abortOnFail');
  const delay = child(field, 'delayAbortEval');
  const abortOnFail = isSet(abort.value) ? boolean(abort, problems) : false;
  const delayAbortEvalMs = isSet(delay.value) ? pause(delay, problems) : 0;
  if (source === undefined || abortOnFail === undefined || delayAbortEvalMs === undefined) {
    return undefined;
  }
  return { source, abortOnFail, delayAbortEvalMs };
};

const pem: Reader<string> = (field, problems) => {
  const value = text(field, problems);
  if (value === undefined || value.includes('-----BEGIN ')) return value;
  problems.add(field, "must be PEM text ('-----BEGIN …'); read it with open('file.pem')");
  return undefined;
};

const certificates: Reader<string[]> = (field, problems) => {
  if (Array.isArray(field.value)) return list(pem, 1_000, "[open('ca.pem')]")(field, problems);
  const one = pem(field, problems);
  return one === undefined ? undefined : [one];
};

const tlsAuth: Reader<RunConfig['tlsAuth'][number]> = (field, problems) => {
  if (!isObject(field.value)) {
    problems.add(field, `must be an object with cert and key, not ${shown(field.value)}`);
    return undefined;
  }
  refuseUnknown(field, ['cert', 'key', 'password', 'domains'], problems);
  const cert = pem(child(field, 'cert'), problems);
  const key = pem(child(field, 'key'), problems);
  const password = child(field, 'password');
  const domains = child(field, 'domains');
  const secret = isSet(password.value) ? text(password, problems) : undefined;
  const hosts = isSet(domains.value)
    ? list(text, 1_000, "['*.example.com']")(domains, problems)
    : undefined;
  if (cert === undefined || key === undefined) return undefined;
  return {
    cert,
    key,
    ...(secret === undefined ? {} : { password: secret }),
    ...(hosts === undefined ? {} : { domains: hosts }),
  };
};

const hosts: Reader<Record<string, string>> = (field, problems) => {
  const map = textMap("{ 'api.example.com': '10.0.0.1' }", 10_000)(field, problems);
  for (const [name, address] of Object.entries(map ?? {})) {
    const place = child(field, name);
    if (!/^(\*\.)?[^\s/:*@[\]]+(:\d{1,5})?$/.test(name)) {
      problems.add(place, "the name must be 'host', 'host:port' or '*.domain'");
    }
    const withPort = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(address);
    const isAddress =
      isIP(address) !== 0 ||
      (withPort !== null &&
        (isIP(withPort[1] ?? '') === 6 || isIPv4(withPort[2] ?? '')) &&
        Number(withPort[3] ?? 0) <= 65_535);
    if (!isAddress) {
      problems.add(place, `${shown(address)} must be 'address' or 'address:port' of an IP address`);
    }
  }
  return map;
};

const headerNames: Reader<string[]> = (field, problems) =>
  list(headerName, limits.requestHeaders, "['x-request-id']")(field, problems);

const headerName: Reader<string> = (field, problems) => {
  const name = text(field, problems);
  if (name === undefined || /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return name?.toLowerCase();
  problems.add(field, `${shown(name)} is not the name of a header`);
  return undefined;
};

const localAddresses: Reader<string[]> = (field, problems) => {
  const value = text(field, problems);
  if (value === undefined) return undefined;
  try {
    return parseAddresses(value);
  } catch (thrown) {
    problems.add(field, (thrown as Error).message);
    return undefined;
  }
};

// what a script sees -------------------------------------------------------------------------------

/** Options by k6's names with every default filled in; the shortcuts have become scenarios. */
function visible(
  config: Omit<RunConfig, 'visibleOptions' | 'givenOptions' | 'warnings'>,
  merged: ReadonlyMap<string, Field>,
): Record<string, unknown> {
  return {
    scenarios: Object.fromEntries(config.scenarios.map((s) => [s.name, visibleScenario(s)])),
    thresholds: merged.get('thresholds')?.value ?? {},
    setupTimeout: formatDuration(config.setupTimeoutMs),
    teardownTimeout: formatDuration(config.teardownTimeoutMs),
    handleSummaryTimeout: formatDuration(config.handleSummaryTimeoutMs),
    noSetup: config.noSetup,
    noTeardown: config.noTeardown,
    rps: config.rps,
    maxRedirects: config.maxRedirects,
    userAgent: config.userAgent,
    batch: config.batch,
    batchPerHost: config.batchPerHost,
    httpDebug: config.httpDebug,
    httpDebugFailed: config.httpDebugFailed,
    insecureSkipTLSVerify: config.insecureSkipTLSVerify,
    // Keys and passwords stay out: what is visible gets printed.
    tlsAuth: config.tlsAuth.map(({ cert, domains }) => ({ cert, domains: domains ?? [] })),
    tlsCA: config.tlsCA,
    tlsVersion: merged.get('tlsVersion')?.value ?? null,
    tlsCipherSuites: merged.get('tlsCipherSuites')?.value ?? [],
    throw: config.throw,
    hosts: config.hosts,
    dns: {
      ttl: config.dns.ttlMs === Infinity ? 'inf' : formatDuration(config.dns.ttlMs),
      select: config.dns.select,
      policy: config.dns.policy,
    },
    blacklistIPs: config.blacklistIPs,
    blockHostnames: config.blockHostnames,
    localIPs: merged.get('localIPs')?.value ?? '',
    noConnectionReuse: config.noConnectionReuse,
    noVUConnectionReuse: config.noVUConnectionReuse,
    noCookiesReset: config.noCookiesReset,
    discardResponseBodies: config.discardResponseBodies,
    traceparent: config.traceparent > 0 && config.traceparent,
    minIterationDuration: formatDuration(config.minIterationDurationMs),
    executionSegment: merged.get('executionSegment')?.value ?? null,
    executionSegmentSequence: merged.get('executionSegmentSequence')?.value ?? null,
    target: {
      ...config.target,
      ...(config.target.limit === undefined ? {} : { limit: formatRate(config.target.limit) }),
    },
    idHeaders: config.idHeaders,
    strict: config.strict,
    failOnScriptError: config.failOnScriptError,
    linger: config.linger,
    tags: config.tags,
    systemTags: config.systemTags,
    summaryTrendStats: config.summaryTrendStats,
    summaryTimeUnit: config.summaryTimeUnit,
    vuMemoryLimit: formatSize(config.vuMemoryLimitBytes),
    vuStackLimit: formatSize(config.vuStackLimitBytes),
    vuTurnTimeout: formatDuration(config.vuTurnTimeoutMs),
  };
}

function visibleScenario(s: ScenarioPlanInput): Record<string, unknown> {
  const common = {
    executor: s.executor,
    startTime: formatDuration(s.startTimeMs),
    gracefulStop: formatDuration(s.gracefulStopMs),
    exec: s.exec,
    env: s.env,
    tags: s.tags,
    ...(s.iterationTakesMs === undefined
      ? {}
      : { iterationTakes: formatDuration(s.iterationTakesMs) }),
    ...(s.callsPerIteration === undefined ? {} : { callsPerIteration: s.callsPerIteration }),
  };
  switch (s.executor) {
    case 'constant-vus':
      return { ...common, vus: s.vus, duration: formatDuration(s.durationMs) };
    case 'ramping-vus':
      return {
        ...common,
        startVUs: s.startVUs,
        stages: visibleStages(s.stages),
        gracefulRampDown: formatDuration(s.gracefulRampDownMs),
      };
    case 'per-vu-iterations':
    case 'shared-iterations':
      return {
        ...common,
        vus: s.vus,
        iterations: s.iterations,
        maxDuration: formatDuration(s.maxDurationMs),
      };
    case 'constant-arrival-rate':
      return {
        ...common,
        rate: s.rate,
        timeUnit: formatDuration(s.timeUnitMs),
        duration: formatDuration(s.durationMs),
        preAllocatedVUs: s.preAllocatedVUs,
        maxVUs: s.maxVUs,
        whenBusy: s.whenBusy,
      };
    case 'ramping-arrival-rate':
      return {
        ...common,
        startRate: s.startRate,
        timeUnit: formatDuration(s.timeUnitMs),
        stages: visibleStages(s.stages),
        preAllocatedVUs: s.preAllocatedVUs,
        maxVUs: s.maxVUs,
        whenBusy: s.whenBusy,
      };
  }
}

function visibleStages(
  stages: readonly { durationMs: number; target: number }[],
): { duration: string; target: number }[] {
  return stages.map(({ durationMs, target }) => ({ duration: formatDuration(durationMs), target }));
}
