import type { Benchmark } from '../benchmark.ts';
import type { Child } from '../child.ts';
import { type Contestant, compare, type Row } from '../harness.ts';
import { countsOf, type Engine, finished } from '../lab.ts';

function script(engine: Engine, url: string, vus: number, ms: number): string {
  const [wait, async] = engine === 'vurun' ? ['await ', 'async '] : ['', ''];
  return `
import http from '${engine}/http';
export const options = {
  scenarios: { load: { executor: 'constant-vus', vus: ${vus}, duration: '${ms}ms' } },
  summaryTrendStats: ['p(50)', 'p(99)'],
  thresholds: { http_req_failed: ['rate==0'] },
};
export default ${async}function () {
  ${wait}http.get('${url}');
}
export function handleSummary(data) {
  const values = data.metrics.http_req_duration.values;
  return { stdout: JSON.stringify({ p50: values['p(50)'], p99: values['p(99)'] }) };
}
`;
}

export const latencyAccuracy: Benchmark = {
  name: 'latency-accuracy',
  about: 'what is measured minus how long the server really held the responses',
  async run(lab) {
    const target = await lab.server();
    const url = `${target.url}/held`;
    // A second is the shortest load there is.
    const ms = Math.max(1_000, lab.scale.warmUpMs + lab.scale.windowMs);
    const rows: Row[] = [];
    try {
      for (const vus of lab.scale.tiny ? [10] : [10, 100]) {
        const label = `${vus} VUs`;
        const contestant = (name: string, start: () => Child): Contestant => ({
          name,
          async run() {
            await countsOf(target, true);
            const end = await finished(start());
            const said = /\{"p50".*\}/.exec(end.stdout)?.[0] ?? '{}';
            const measured = JSON.parse(said) as { p50: number; p99: number };
            const { held } = await countsOf(target);
            return {
              [`${label}: p50 too long by, ms`]: measured.p50 - held.p50,
              [`${label}: p99 too long by, ms`]: measured.p99 - held.p99,
              [`${label}: responses per second`]: held.count / (ms / 1_000),
            };
          },
        });
        rows.push(
          ...(await compare({
            benchmark: latencyAccuracy.name,
            rounds: lab.scale.rounds,
            contestants: [
              ...lab
                .engines()
                .map((engine) =>
                  contestant(engine, () => lab.script(engine, script(engine, url, vus, ms))),
                ),
              contestant('raw undici', () =>
                lab.rawClient('raw undici', ['held', url, String(vus), String(ms)]),
              ),
            ],
          })),
        );
      }
    } finally {
      await target.child.kill();
    }
    return rows;
  },
};
