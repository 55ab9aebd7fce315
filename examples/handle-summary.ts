/**
 * handleSummary() takes the place of the printed summary: a line for people, a file for machines.
 *
 *   vurun run examples/handle-summary.ts --sim healthy             (-e REPORT=file.json)
 */
import { check, http, type Options, type SummaryData } from 'vurun';
import { base } from './lib/platform.ts';

export const options: Options = {
  vus: 2,
  iterations: 6,
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

export default async function (): Promise<void> {
  const res = await http.get(`${base}/__sim/healthz`);
  check(res, { 'the platform is well': (r) => r.status === 200 });
}

export function handleSummary({ metrics, state }: SummaryData): Record<string, string> {
  const requests = metrics.http_reqs?.values.count ?? 0;
  const slowest = metrics.http_req_duration?.values['p(99)'] ?? 0;
  const seconds = state.testRunDurationMs / 1000;
  return {
    stdout: `${requests} requests in ${seconds.toFixed(1)} s, 99 % within ${slowest.toFixed(1)} ms\n`,
    [__ENV.REPORT ?? 'report.json']: `${JSON.stringify(metrics, null, 2)}\n`,
  };
}
