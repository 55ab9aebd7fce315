import type { Benchmark } from '../benchmark.ts';
import { type Child, pause } from '../child.ts';
import { type Contestant, compare } from '../harness.ts';
import { countsOf, type Engine, type Lab, type Target, until } from '../lab.ts';

/** An hour: each client is ended by us, once it was looked at. */
const holdMs = 3_600_000;

/**
 * What keeps a script in time. `sleep` until the next point of a schedule of its own, or the engine
 * itself, which begins an iteration `minIterationDuration` after it began the one before.
 */
const pacers = { sleep: 'grid', 'iteration start': 'gap' } as const;
type Pacer = keyof typeof pacers;

/** Each VU sends a GET every so many milliseconds, and they take turns. Of 0: as often as they can. */
function script(engine: Engine, pacer: Pacer, url: string, vus: number, every: number): string {
  const [from, wait, async] = engine === 'vurun' ? ['vurun', 'await ', 'async '] : ['k6', '', ''];
  const now = engine === 'vurun' ? 'performance.now()' : 'Date.now()';
  const bySleep = `
  if (next === undefined) next = ${now} + phase;
  next += ${every};
  ${wait}sleep(Math.max(0, next - ${now}) / 1000);`;
  // A first iteration that outlasts the shortest there may be moves all that follow it.
  const byEngine = `
  if (next === undefined) ${wait}sleep((${every} + phase) / 1000);
  next = 0;`;
  return `
import http from '${from}/http';
import { sleep } from '${from}';
export const options = {
  scenarios: { load: { executor: 'constant-vus', vus: ${vus}, duration: '1h', gracefulStop: '0s' } },
  minIterationDuration: '${pacer === 'sleep' ? 0 : every}ms',
};
let next;
export default ${async}function () {
  const phase = ${every} * (__VU / ${vus});${pacer === 'sleep' ? bySleep : byEngine}
  ${wait}http.get('${url}/${pacers[pacer]}/${every}');
}
`;
}

/** How late the beats come once the load is steady. */
async function beats(
  lab: Lab,
  target: Target,
  client: Child,
  vus: number,
): Promise<{ p50: number; p99: number }> {
  await countsOf(target, true);
  await until(async () => (await countsOf(target)).requests > 2 * vus, client);
  // At 80 % a start that was slow takes four times as long to be made up for, and is not what is asked.
  await pause(3 * lab.scale.warmUpMs);
  await countsOf(target, true);
  await pause(lab.scale.windowMs);
  const { late } = await countsOf(target);
  await client.kill();
  if (late.count === 0) throw client.failure();
  return late;
}

export const lateness: Benchmark = {
  name: 'lateness',
  about: 'how much later than asked for sleeps end and iterations start, as the server sees it',
  async run(lab) {
    const target = await lab.server();
    const vus = lab.scale.tiny ? 10 : 100;
    const shares = lab.scale.tiny ? [0.1] : [0.1, 0.8];
    /** Milliseconds from one beat of a VU to its next, so that all together make a part of a rate. */
    const intervalOf = (perSecond: number, share: number): number =>
      Math.max(1, Math.round((1_000 * vus) / (perSecond * share)));
    /** vurun's latest, which undici is given too: it shows what machine and server add. */
    let rateOfVurun = Number.NaN;

    /** What an engine can do when all sleeps are over at once. */
    async function capacity(engine: Engine): Promise<number> {
      const client = lab.script(engine, script(engine, 'sleep', target.url, vus, 0));
      const done = async (): Promise<number> => (await countsOf(target)).requests;
      const { perSecond } = await lab.steady(client, done);
      await client.kill();
      return perSecond;
    }
    const label = (pacer: Pacer, share: number): string => `${pacer} at ${share * 100} %`;
    const engines = lab.engines().map(
      (engine): Contestant => ({
        name: engine,
        async run() {
          const perSecond = await capacity(engine);
          if (engine === 'vurun') rateOfVurun = perSecond;
          const figures: Record<string, number> = { '100 %, requests per second': perSecond };
          for (const pacer of Object.keys(pacers) as Pacer[]) {
            for (const share of shares) {
              const every = intervalOf(perSecond, share);
              const client = lab.script(engine, script(engine, pacer, target.url, vus, every));
              const late = await beats(lab, target, client, vus);
              figures[`${label(pacer, share)}: p50 late by, ms`] = late.p50;
              figures[`${label(pacer, share)}: p99 late by, ms`] = late.p99;
            }
          }
          return figures;
        },
      }),
    );
    const raw: Contestant = {
      name: 'raw undici',
      async run() {
        const figures: Record<string, number> = {};
        for (const share of shares) {
          const url = `${target.url}/${pacers.sleep}/${intervalOf(rateOfVurun, share)}`;
          const client = lab.rawClient('raw undici', ['beat', url, String(vus), String(holdMs)]);
          const late = await beats(lab, target, client, vus);
          figures[`${label('sleep', share)}: p50 late by, ms`] = late.p50;
          figures[`${label('sleep', share)}: p99 late by, ms`] = late.p99;
        }
        return figures;
      },
    };
    try {
      return await compare({
        benchmark: lateness.name,
        rounds: lab.scale.rounds,
        contestants: [...engines, raw],
      });
    } finally {
      await target.child.kill();
    }
  },
};
