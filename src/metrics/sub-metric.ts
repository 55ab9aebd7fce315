import type { MetricContains, MetricKind, TagSet } from './contract.ts';

/** What names a metric across threads, where ids differ. */
export interface MetricDefinition {
  readonly name: string;
  readonly kind: MetricKind;
  readonly contains: MetricContains;
}

/** The part of a metric whose samples carry certain tags; declared before the run. Plain data. */
export interface SubMetric {
  /** `http_req_duration{type:api}`. */
  readonly name: string;
  /** `type:api`. */
  readonly suffix: string;
  readonly parent: MetricDefinition;
  readonly tags: readonly (readonly [string, string])[];
}

/** A metric name with the part in braces, if any; `problem` is k6's reason why it is no name. */
export type ParsedName =
  | { readonly problem: string }
  | {
      readonly problem?: undefined;
      readonly metric: string;
      readonly suffix: string | undefined;
      readonly tags: readonly (readonly [string, string])[];
    };

/** Reads `name{tag:value, tag2:'value'}`. Values may hold colons and braces, but no commas. */
export function parseMetricName(text: string): ParsedName {
  const open = text.indexOf('{');
  const closed = text.endsWith('}');
  if (open < 0 && !closed && !text.includes('}')) {
    return { metric: text.trim(), suffix: undefined, tags: [] };
  }
  if (open < 0 || !closed) {
    return { problem: `metric "${text}" has unmatched opening/close curly brace` };
  }
  const suffix = text.slice(open + 1, -1).trim();
  const tags = new Map<string, string>();
  for (const part of suffix.split(',')) {
    const colon = part.indexOf(':');
    const key = colon < 0 ? '' : unquote(part.slice(0, colon));
    if (key === '') {
      return { problem: `metric "${text}" needs tag:value inside its curly braces` };
    }
    tags.set(key, unquote(part.slice(colon + 1)));
  }
  return { metric: text.slice(0, open).trim(), suffix, tags: [...tags].sort(byKey) };
}

function byKey(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

function unquote(text: string): string {
  return text
    .trim()
    .replace(/^["'](.*)["']$/s, '$1')
    .trim();
}

export function matches(submetric: SubMetric, tags: TagSet): boolean {
  return submetric.tags.every(([key, value]) => tags.get(key) === value);
}
