/** Service level objectives as people write them, made into thresholds. */

/** `http_req_failed<1%` or `http_req_duration p(95)<500ms`. Throws an Error with a sentence. */
export function parseObjective(text: string): { metric: string; threshold: string } {
  const match =
    /^\s*([a-zA-Z_]\w*(?:\{[^{}]*\})?)\s*(?:([a-z]+(?:\([\d.]+\))?)\s*)?(<=|>=|<|>|==)\s*(\d+(?:\.\d+)?)\s*(%|ms|s|us|µs)?\s*$/.exec(
      text,
    );
  if (match === null) {
    throw new Error(
      `'${text}' is no objective; write 'http_req_failed<1%' or 'http_req_duration p(95)<500ms'`,
    );
  }
  const [, metric = '', stat, operator = '', number = '', unit] = match;
  if (stat === undefined && unit !== '%') {
    throw new Error(
      `'${text}' names no statistic; write for example '${metric} p(95)${operator}${number}${unit ?? ''}'`,
    );
  }
  const factor = { '%': 0.01, s: 1_000, us: 0.001, µs: 0.001, ms: 1 }[unit ?? 'ms'] ?? 1;
  // Powers of ten leave dust behind the comma.
  const value = Number((Number(number) * factor).toPrecision(12));
  return { metric, threshold: `${stat ?? 'rate'}${operator}${value}` };
}
