import { describe, expect, it } from 'vitest';
import { ExitCode, UserError } from '../src/errors.ts';
import { createRegistry } from '../src/metrics/registry.ts';
import { parseThresholds } from '../src/metrics/threshold.ts';

const expected = 'http_req_duration{expected_response:true}';

function parse(thresholds: Record<string, string | string[]>) {
  const configs = Object.entries(thresholds).map(([metric, sources]) => ({
    metric,
    expressions: [sources].flat().map((source) => ({
      source,
      abortOnFail: false,
      delayAbortEvalMs: 0,
    })),
  }));
  const registry = createRegistry();
  registry.define('sizes', 'gauge', 'default');
  return parseThresholds(configs, registry.get);
}

function problemOf(thresholds: Record<string, string | string[]>): UserError {
  try {
    parse(thresholds);
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error('nothing was refused');
}

describe('thresholds', () => {
  it.each([
    ['http_req_duration', 'p(95)<500', 'p(95)', '<', 500],
    ['http_req_duration', ' p(99.9)  <=  1.5e3 ', 'p(99.9)', '<=', 1500],
    ['http_req_duration', 'avg!=0', 'avg', '!=', 0],
    ['http_req_duration', 'max >= -1', 'max', '>=', -1],
    ['http_req_duration', 'med===.5', 'med', '===', 0.5],
    ['http_reqs', 'count==0', 'count', '==', 0],
    ['http_reqs', 'rate>100', 'rate', '>', 100],
    ['checks', 'rate>0.95', 'rate', '>', 0.95],
    ['sizes', 'value<5', 'value', '<', 5],
  ])('on %s read %s', (metric, source, stat, operator, limit) => {
    expect(parse({ [metric]: source }).rules).toEqual([
      expect.objectContaining({ name: metric, source, stat, operator, limit }),
    ]);
  });

  it('declare the sub-metrics they name, once, and always that of expected responses', () => {
    const { submetrics, rules } = parse({
      'http_req_duration{ type : "api" , status:200}': 'max<1',
      "http_req_duration{status:200,type:'api'}": 'avg<1',
      'http_reqs{group:::front page}': 'count>0',
      'http_reqs{name:http://x/${}/y}': 'count>0',
    });
    expect(submetrics.map(({ name, tags }) => [name, tags])).toEqual([
      [
        'http_req_duration{type : "api" , status:200}',
        [
          ['status', '200'],
          ['type', 'api'],
        ],
      ],
      ['http_reqs{group:::front page}', [['group', '::front page']]],
      ['http_reqs{name:http://x/${}/y}', [['name', 'http://x/${}/y']]],
      [expected, [['expected_response', 'true']]],
    ]);
    expect(new Set(rules.slice(0, 2).map((rule) => rule.name)).size).toBe(1);
    expect(parse({ [expected]: 'avg<1' }).submetrics.map((one) => one.name)).toEqual([expected]);
  });

  it.each([
    [
      { http_req_duration: 'p(95)<' },
      'failed parsing threshold expression "p(95)<"; reason: malformed threshold expression',
    ],
    [
      { http_req_duration: 'p(95)' },
      'failed parsing threshold expression "p(95)"; reason: malformed threshold expression',
    ],
    [
      { http_req_duration: 'count<5' },
      'invalid threshold "count<5" applied on metric http_req_duration; reason: unsupported aggregation method count on metric of type trend. supported aggregation methods for this metric are: avg, min, max, med, p',
    ],
    [
      { nonexist: 'count<5' },
      'invalid threshold defined on nonexist; reason: no metric name "nonexist" found',
    ],
    [
      { http_req_duration: 'foo(95)<5' },
      'failed parsing threshold expression\'s "foo(95)<5" left hand side; reason: failed parsing method from expression',
    ],
    [
      { 'http_req_duration{a:b': 'avg<5' },
      'unable to validate threshold expressions; reason: parsing metric name failed, metric "http_req_duration{a:b" has unmatched opening/close curly brace',
    ],
  ])('refuse %j in the words of k6', (thresholds, message) => {
    const problem = problemOf(thresholds);
    expect(problem.message).toBe(message);
    expect(problem.exitCode).toBe(ExitCode.invalidConfig);
  });

  it('say what is wrong with a percentile, a unit, or empty braces', () => {
    expect(problemOf({ checks: 'p(101)<5' }).message).toContain('write p(N) with N from 0 to 100');
    expect(problemOf({ http_req_duration: 'avg<500ms' }).message).toContain('without a unit');
    expect(problemOf({ 'http_reqs{}': 'count<5' }).message).toContain('needs tag:value');
    expect(problemOf({ http_reqs: 'p<5' }).message).toContain('failed parsing method');
  });

  it('name every mistake at once', () => {
    const { message } = problemOf({ nope: 'count<1', checks: ['rate', 'count>1'] });
    expect(message.split('\n')).toHaveLength(4);
  });

  it('are bounded in number', () => {
    const sources = Array.from({ length: 501 }, (_, i) => `avg<${i}`);
    expect(problemOf({ http_req_duration: sources }).message).toContain('at most 500');
  });
});
