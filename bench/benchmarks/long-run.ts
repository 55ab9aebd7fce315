import type { Benchmark } from '../benchmark.ts';
import { type Child, pause } from '../child.ts';
import { compare } from '../harness.ts';
import { countsOf, type Engine, until } from '../lab.ts';

const growth = 'growth after the first tenth, %';
const vus = 20;
/** Parts of the run; of each the smallest look counts, since garbage comes and goes. */
const parts = 10;
const looksPerPart = 60;

function script(engine: Engine, url: string): string {
  const [from, wait, async] = engine === 'vurun' ? ['vurun', 'await ', 'async '] : ['k6', '', ''];
  const sockets = engine === 'vurun' ? 'vurun/websocket' : 'k6/websockets';
  const metrics = engine === 'vurun' ? 'vurun' : 'k6/metrics';
  return `
import http from '${from}/http';
import { check, sleep } from '${from}';
import { Trend } from '${metrics}';
import { WebSocket } from '${sockets}';
export const options = {
  scenarios: { load: { executor: 'constant-vus', vus: ${vus}, duration: '1h', gracefulStop: '0s' } },
  thresholds: { checks: [{ threshold: 'rate==1', abortOnFail: true }] },
};
const answered = new Trend('answered', true);
export default ${async}function () {
  for (const step of ['first', 'second']) {
    const res = ${wait}http.get('${url}', { tags: { step } });
    check(res, {
      'status is 200': (r) => r.status === 200,
      'body is whole': (r) => r.body.length === 128,
    });
    answered.add(res.timings.duration, { step, third: String(__ITER % 3) });
  }
  ${wait}sleep(0.1 + Math.random() * 0.2);
  const ws = new WebSocket('${url.replace('http', 'ws')}');
  ws.onopen = () => ws.send('x'.repeat(100));
  ws.onmessage = (event) => {
    check(event, { 'echo is whole': (e) => e.data.length === 100 });
    ws.close();
  };
}
`;
}

/** The smallest resident memory seen in each part of the run, in bytes. */
async function leastOfParts(client: Child, partMs: number): Promise<number[]> {
  const from = performance.now();
  const least: number[] = [];
  for (let part = 0; part < parts; part++) {
    let smallest = Number.POSITIVE_INFINITY;
    for (let look = 1; look <= looksPerPart; look++) {
      const at = from + (part + look / looksPerPart) * partMs;
      await pause(Math.max(0, at - performance.now()));
      smallest = Math.min(smallest, client.rssBytes());
    }
    least.push(smallest);
  }
  return least;
}

export const longRun: Benchmark = {
  name: 'long-run',
  about: `ten minutes of requests, checks, trends and WebSockets by ${vus} VUs: does memory grow?`,
  onlyByName: true,
  async run(lab) {
    const target = await lab.server();
    const partMs = lab.scale.tiny ? 100 : 60_000;
    try {
      return await compare({
        benchmark: longRun.name,
        // One is long enough to tell, and the parts of it are what is compared.
        rounds: 1,
        contestants: lab.engines().map((engine) => ({
          name: engine,
          async run() {
            await countsOf(target, true);
            const client = lab.script(engine, script(engine, `${target.url}/`));
            await until(async () => (await countsOf(target)).messages > vus, client);
            const least = await leastOfParts(client, partMs);
            const { messages } = await countsOf(target);
            await client.kill();
            const [first, last] = [least[1] as number, least.at(-1) as number];
            return {
              'resident memory after the first tenth, MB': first / 1e6,
              'resident memory at the end, MB': last / 1e6,
              [growth]: (last / first - 1) * 100,
              'iterations per second': messages / ((parts * partMs) / 1_000),
            };
          },
        })),
        goals: { [growth]: 'must 2 (in 10 minutes)' },
      });
    } finally {
      await target.child.kill();
    }
  },
};
