import { ExitCode, problemsError, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Metric, MetricKind } from './contract.ts';
import type { Ledger } from './ledger.ts';
import { parsePercentile, sinkStat } from './stat.ts';
import { type MetricDefinition, parseMetricName, type SubMetric } from './sub-metric.ts';
import type { ThresholdView } from './view.ts';

const operators = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
  '==': (a: number, b: number) => a === b,
  '===': (a: number, b: number) => a === b,
  '!=': (a: number, b: number) => a !== b,
} as const;

/** Names as k6 lists them when it refuses one. */
const methods: Readonly<Record<MetricKind, readonly string[]>> = {
  counter: ['count', 'rate'],
  gauge: ['value'],
  rate: ['rate'],
  trend: ['avg', 'min', 'max', 'med', 'p'],
};
const allMethods: ReadonlySet<string> = new Set(Object.values(methods).flat());

/** Thresholds of one metric name as the options hold them. */
export interface ThresholdInput {
  /** `http_req_duration{type:api}` as written. */
  readonly metric: string;
  readonly expressions: readonly {
    readonly source: string;
    readonly abortOnFail: boolean;
    readonly delayAbortEvalMs: number;
  }[];
}

/** One expression about one metric or sub-metric. */
export interface ThresholdRule {
  /** The metric's or sub-metric's full name. */
  readonly name: string;
  readonly metric: MetricDefinition;
  readonly source: string;
  /** `p(95)`. */
  readonly stat: string;
  readonly operator: keyof typeof operators;
  readonly limit: number;
  readonly abortOnFail: boolean;
  readonly delayAbortEvalMs: number;
}

export interface Verdict {
  /** Metrics and sub-metrics with a crossed threshold, sorted. */
  readonly crossed: readonly string[];
  /** True when a crossed threshold asks to end the test now. Never at the final evaluation. */
  readonly abort: boolean;
  /** k6's sentence about it; undefined when nothing was crossed. */
  readonly message: string | undefined;
}

/** What a test's thresholds say: the sub-metrics they need, and their rules. */
export interface Thresholds {
  /** Those that thresholds name, and always `http_req_duration{expected_response:true}`. */
  readonly submetrics: readonly SubMetric[];
  readonly rules: readonly ThresholdRule[];
  /**
   * Judges the ledger and leaves the verdicts in its views. While the test runs, metrics without
   * samples are passed over. At the end, as in k6, a rate without samples passes and anything else
   * without samples counts as 0; `actual` then stays undefined, so that a report can say so.
   */
  evaluate(ledger: Ledger, elapsedMs: number, final: boolean): Verdict;
}

/** What is wrong with thresholds, in k6's words, a line each. */
export function thresholdProblems(
  configs: readonly ThresholdInput[],
  find: (name: string) => Metric | undefined,
): readonly string[] {
  return readThresholds(configs, find).problems;
}

/**
 * Reads thresholds. `find` knows the metrics of the test, custom ones included. Throws one UserError
 * (exit code 104) that names everything wrong, in k6's words.
 */
export function parseThresholds(
  configs: readonly ThresholdInput[],
  find: (name: string) => Metric | undefined,
): Thresholds {
  const { problems, thresholds } = readThresholds(configs, find);
  if (problems.length === 1) {
    throw new UserError(ExitCode.invalidConfig, problems[0] as string);
  }
  if (problems.length > 1) {
    throw problemsError(
      ExitCode.invalidConfig,
      'there are problems with the thresholds:',
      problems,
    );
  }
  return thresholds;
}

function readThresholds(
  configs: readonly ThresholdInput[],
  find: (name: string) => Metric | undefined,
): { problems: readonly string[]; thresholds: Thresholds } {
  const problems: string[] = [];
  const submetrics: SubMetric[] = [];
  const rules: ThresholdRule[] = [];

  const declare = (
    metric: MetricDefinition,
    suffix: string,
    tags: SubMetric['tags'],
  ): SubMetric => {
    const key = JSON.stringify([metric.name, tags]);
    const known = submetrics.find((one) => JSON.stringify([one.parent.name, one.tags]) === key);
    if (known !== undefined) return known;
    const { name, kind, contains } = metric;
    const made = { name: `${name}{${suffix}}`, suffix, parent: { name, kind, contains }, tags };
    submetrics.push(made);
    return made;
  };

  for (const config of configs) {
    const parsed: [ThresholdInput['expressions'][number], Expression][] = [];
    for (const expression of config.expressions) {
      const result = parseExpression(expression.source);
      if (typeof result === 'string') problems.push(result);
      else parsed.push([expression, result]);
    }
    const named = parseMetricName(config.metric);
    if (named.problem !== undefined) {
      problems.push(
        `unable to validate threshold expressions; reason: parsing metric name failed, ${named.problem}`,
      );
      continue;
    }
    const metric = find(named.metric);
    if (metric === undefined) {
      problems.push(
        `invalid threshold defined on ${config.metric}; reason: no metric name "${named.metric}" found`,
      );
      continue;
    }
    const name =
      named.suffix === undefined ? metric.name : declare(metric, named.suffix, named.tags).name;
    for (const [{ source, abortOnFail, delayAbortEvalMs }, expression] of parsed) {
      if (!methods[metric.kind].includes(expression.method)) {
        problems.push(
          `invalid threshold "${source}" applied on metric ${config.metric}; reason: unsupported ` +
            `aggregation method ${expression.method} on metric of type ${metric.kind}. supported ` +
            `aggregation methods for this metric are: ${methods[metric.kind].join(', ')}`,
        );
        continue;
      }
      const { stat, operator, limit } = expression;
      rules.push({
        name,
        metric,
        source,
        stat,
        operator,
        limit,
        abortOnFail,
        delayAbortEvalMs,
      });
    }
  }
  if (rules.length > limits.thresholds) {
    problems.push(`${rules.length} thresholds are too many; at most ${limits.thresholds} are kept`);
  }
  const requests = find('http_req_duration');
  if (requests !== undefined) {
    declare(requests, 'expected_response:true', [['expected_response', 'true']]);
  }
  const thresholds: Thresholds = {
    submetrics,
    rules,
    evaluate: (ledger, elapsedMs, final) => evaluate(rules, ledger, elapsedMs, final),
  };
  return { problems, thresholds };
}

interface Expression {
  readonly method: string;
  readonly stat: string;
  readonly operator: keyof typeof operators;
  readonly limit: number;
}

/** An expression, or the sentence that says why it is none. */
function parseExpression(source: string): Expression | string {
  const match = /^\s*([^<>=!]*?)\s*(<=|<|>=|>|===|==|!=)\s*([^<>=!]*?)\s*$/.exec(source);
  const [, stat = '', operator, right = ''] = match ?? [];
  if (operator === undefined || stat === '' || right === '') {
    return `failed parsing threshold expression "${source}"; reason: malformed threshold expression`;
  }
  const method = parsePercentile(stat) === undefined ? stat : 'p';
  if (!allMethods.has(method) || stat === 'p') {
    const reason = /^p\s*\(/.test(stat)
      ? `'${stat}' is no percentile: write p(N) with N from 0 to 100`
      : 'failed parsing method from expression';
    return `failed parsing threshold expression's "${source}" left hand side; reason: ${reason}`;
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(right)) {
    return (
      `failed parsing threshold expression's "${source}" right hand side; ` +
      `reason: "${right}" is not a number (times are in milliseconds, without a unit)`
    );
  }
  return { method, stat, operator: operator as keyof typeof operators, limit: Number(right) };
}

function evaluate(
  rules: readonly ThresholdRule[],
  ledger: Ledger,
  elapsedMs: number,
  final: boolean,
): Verdict {
  const views = new Map<string, ThresholdView[]>();
  const crossed = new Set<string>();
  let abort = false;
  for (const rule of rules) {
    const sink = ledger.sink(rule.metric, rule.name);
    const empty = sink.count === 0;
    const isRate = rule.metric.kind === 'rate';
    const value = sinkStat(sink, isRate, rule.stat, elapsedMs);
    const ok = empty && (!final || isRate) ? true : operators[rule.operator](value, rule.limit);
    if (!ok) {
      crossed.add(rule.name);
      abort ||= !final && rule.abortOnFail && elapsedMs >= rule.delayAbortEvalMs;
    }
    const view: ThresholdView = {
      source: rule.source,
      ok,
      stat: rule.stat,
      actual: empty ? undefined : value,
      abortOnFail: rule.abortOnFail,
    };
    const ofMetric = views.get(rule.name);
    if (ofMetric === undefined) views.set(rule.name, [view]);
    else ofMetric.push(view);
  }
  for (const [name, ofMetric] of views) ledger.setThresholds(name, ofMetric);
  const names = [...crossed].sort();
  let message: string | undefined;
  if (abort) {
    message =
      `thresholds on metrics '${names.join(', ')}' were crossed; ` +
      'at least one has abortOnFail enabled, stopping test prematurely';
  } else if (names.length > 0) {
    message = `thresholds on metrics '${names.join(', ')}' have been crossed`;
  }
  return { crossed: names, abort, message };
}
