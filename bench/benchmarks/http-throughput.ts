import type { Benchmark } from '../benchmark.ts';
import type { Child } from '../child.ts';
import { type Contestant, compare } from '../harness.ts';
import { countsOf, type Engine, finished, nginxRequests } from '../lab.ts';

const figure = 'GET, requests per CPU-second';
const connections = 50;

function script(engine: Engine, url: string, ms: number): string {
  const [from, wait] = engine === 'vurun' ? ['vurun', 'await '] : ['k6', ''];
  return `
import http from '${from}/http';
import { check } from '${from}';
export const options = {
  scenarios: {
    load: { executor: 'constant-vus', vus: ${connections}, duration: '${ms}ms', gracefulStop: '5s' },
  },
  thresholds: { checks: ['rate==1'] },
};
export default ${engine === 'vurun' ? 'async ' : ''}function () {
  const res = ${wait}http.get('${url}');
  check(res, {
    'status is 200': (r) => r.status === 200,
    'body is whole': (r) => r.body.length === 128,
  });
}
`;
}

export const httpThroughput: Benchmark = {
  name: 'http-throughput',
  about: `GET with two checks, ${connections} VUs, keep-alive, 128 bytes`,
  async run(lab) {
    const nginx = await lab.nginx();
    const target = nginx ?? (await lab.server());
    const url = `${target.url}/`;
    const ms = lab.loadMs;
    const seconds = Math.ceil(ms / 1_000);
    const done = async (): Promise<number> =>
      nginx === undefined ? (await countsOf(target)).requests : nginxRequests(target);
    const contestant = (name: string, start: () => Child): Contestant => ({
      name,
      async run() {
        const client = start();
        const { perCpuSecond, perSecond } = await lab.steady(client, done);
        await finished(client);
        return { [figure]: perCpuSecond, 'GET, requests per second': perSecond };
      },
    });
    const contestants = [
      ...lab
        .engines()
        .map((engine) => contestant(engine, () => lab.script(engine, script(engine, url, ms)))),
      contestant('raw undici', () =>
        lab.rawClient('raw undici', ['undici', url, String(connections), String(ms)]),
      ),
    ];
    const wrk = lab.peer('wrk');
    if (wrk !== undefined) {
      const args = ['-t1', `-c${connections}`, `-d${seconds}s`, url];
      contestants.push(contestant('wrk', () => lab.client('wrk', wrk, args)));
    }
    const autocannon = lab.peer('autocannon');
    if (autocannon !== undefined) {
      const args = ['-c', String(connections), '-d', String(seconds), url];
      contestants.push(contestant('autocannon', () => lab.client('autocannon', autocannon, args)));
    }
    try {
      return await compare({
        benchmark: httpThroughput.name,
        rounds: lab.scale.rounds,
        contestants,
        baselines: ['wrk', 'raw undici'],
        goals: { [figure]: 'must 0.20, aim 0.33 of wrk' },
      });
    } finally {
      await target.child.kill();
    }
  },
};
