import type { Benchmark } from '../benchmark.ts';
import { type Contestant, compare } from '../harness.ts';
import { countsOf, type Engine, type Lab, type Target } from '../lab.ts';

/** Of all VUs together, whatever their number: far from what a core can do, so that VUs do wait. */
const perSecond = 1_000;

function script(engine: Engine, url: string, vus: number): string {
  const [from, wait, async] = engine === 'vurun' ? ['vurun', 'await ', 'async '] : ['k6', '', ''];
  const think = vus / perSecond;
  return `
import http from '${from}/http';
import { check, sleep } from '${from}';
export const options = {
  scenarios: { load: { executor: 'constant-vus', vus: ${vus}, duration: '1h', gracefulStop: '0s' } },
  thresholds: { checks: [{ threshold: 'rate==1', abortOnFail: true }] },
};
const shortest = ${think / 2};
const longest = ${think * 1.5};
let hasBegun = false;
export default ${async}function () {
  if (!hasBegun) {
    hasBegun = true;
    // What is left of a pause one happens to look into: the load is steady from its first second.
    const square = shortest ** 2 + Math.random() * (longest ** 2 - shortest ** 2);
    ${wait}sleep(Math.sqrt(square) * Math.random());
  }
  const res = ${wait}http.get('${url}');
  check(res, {
    'status is 200': (r) => r.status === 200,
    'body is whole': (r) => r.body.length === 128,
  });
  ${wait}sleep(shortest + Math.random() * (longest - shortest));
}
`;
}

/** What an iteration costs once every VU has its connection and its first pause behind it. */
async function steady(
  lab: Lab,
  engine: Engine,
  target: Target,
  vus: number,
): Promise<{ cpu: number; rss: number }> {
  const client = lab.script(engine, script(engine, `${target.url}/`, vus));
  const done = async (): Promise<number> => (await countsOf(target)).requests;
  // The longest first pause is as long as the longest of all.
  const warmUpMs = lab.scale.warmUpMs + (1_500 * vus) / perSecond;
  const { perCpuSecond } = await lab.steady(client, done, {
    warmUpMs,
    windowMs: 2 * lab.scale.windowMs,
  });
  const rss = client.rssBytes();
  await client.kill();
  return { cpu: 1e6 / perCpuSecond, rss };
}

export const manyVus: Benchmark = {
  name: 'many-vus',
  about: `${perSecond.toLocaleString('en-US')} iterations a second from few VUs and from many that think longer`,
  async run(lab) {
    const few = lab.scale.tiny ? 5 : 50;
    const sizes = lab.scale.tiny ? [few, 20] : [few, 500, 2_000, 10_000];
    const target = await lab.server();
    const contestant = (engine: Engine): Contestant => ({
      name: engine,
      async run() {
        const figures: Record<string, number> = {};
        let ofFew = Number.NaN;
        for (const vus of sizes) {
          const { cpu, rss } = await steady(lab, engine, target, vus);
          const label = `${vus.toLocaleString('en-US')} VUs`;
          if (vus === few) ofFew = cpu;
          figures[`${label}: CPU µs per iteration`] = cpu;
          if (vus !== few) figures[`${label}: CPU, times that of ${few} VUs`] = cpu / ofFew;
          if (vus === sizes.at(-1)) figures[`${label}: resident memory, MB`] = rss / 1e6;
        }
        return figures;
      },
    });
    try {
      return await compare({
        benchmark: manyVus.name,
        rounds: lab.scale.rounds,
        contestants: lab.engines().map(contestant),
        baselines: ['k6'],
        goals: {
          '10,000 VUs: CPU, times that of 50 VUs': 'must 1.5, aim 1.15',
          '10,000 VUs: resident memory, MB': 'must run, aim 2,000',
        },
      });
    } finally {
      await target.child.kill();
    }
  },
};
