import type { Benchmark } from '../benchmark.ts';
import { type Child, pause } from '../child.ts';
import { type Contestant, compare, type Figures } from '../harness.ts';
import { countsOf, type Engine, type Lab, type Target, until } from '../lab.ts';

/** An hour: each client is ended by us, once it was looked at. */
const holdMs = 3_600_000;

/**
 * What keeps a script in time. `sleep` until the next point of a schedule of its own, or the engine
 * itself, which begins an iteration `minIterationDuration` after it began the one before.
 */
const pacers = { sleep: 'grid', 'iteration start': 'gap' } as const;
type Pacer = keyof typeof pacers;

interface Load {
  vus: number;
  /** Milliseconds from one GET of a VU to its next; of 0 it sends as often as it can. */
  every: number;
  /** For so long the GETs are none the server looks at; then every VU begins its schedule anew. */
  warmUpMs: number;
}

/** The VUs take turns, so that their GETs are spread evenly over the interval. */
function script(engine: Engine, pacer: Pacer, url: string, { vus, every, warmUpMs }: Load): string {
  const [from, wait, async] = engine === 'vurun' ? ['vurun', 'await ', 'async '] : ['k6', '', ''];
  const now = engine === 'vurun' ? 'performance.now()' : 'Date.now()';
  // A first iteration that outlasts the shortest there may be moves all that follow it.
  const pace =
    pacer === 'sleep'
      ? `
  if (isFirst || (isWarm && path === '/')) next = now + phase;
  next += ${every};
  ${wait}sleep(Math.max(0, next - ${now}) / 1000);`
      : `
  if (isFirst) ${wait}sleep((${every} + phase) / 1000);`;
  return `
import http from '${from}/http';
import { sleep } from '${from}';
export const options = {
  scenarios: { load: { executor: 'constant-vus', vus: ${vus}, duration: '1h', gracefulStop: '0s' } },
  minIterationDuration: '${pacer === 'sleep' ? 0 : every}ms',
};
let begunAt;
let next;
let path = '/';
export default ${async}function () {
  const now = ${now};
  const phase = ${every} * (__VU / ${vus});
  const isFirst = begunAt === undefined;
  if (isFirst) begunAt = now;
  const isWarm = now - begunAt >= ${warmUpMs};${pace}
  if (isWarm) path = '/${pacers[pacer]}/${every}';
  ${wait}http.get('${url}' + path);
}
`;
}

interface Seen {
  p50: number;
  p99: number;
  /** Beats that came, of those that were due. */
  came: number;
}

/** How late the beats come once the load is steady. */
async function look(lab: Lab, target: Target, client: Child, load: Load): Promise<Seen> {
  await countsOf(target, true);
  await until(async () => (await countsOf(target)).late.count > 0, client);
  // Until each VU has begun its schedule.
  await pause(load.every);
  const before = await countsOf(target);
  const from = performance.now();
  await pause(lab.scale.windowMs);
  const { late } = await countsOf(target);
  const due = (load.vus * (performance.now() - from)) / load.every;
  if (client.isGone) throw client.failure();
  await client.kill();
  return { p50: late.p50, p99: late.p99, came: (late.count - before.late.count) / due };
}

function figuresOf(label: string, { p50, p99, came }: Seen): Figures {
  return {
    [`${label}: p50 late by, ms`]: p50,
    [`${label}: p99 late by, ms`]: p99,
    [`${label}: requests that came, %`]: came * 100,
  };
}

/** An open model: so many starts a second, in VUs that stay busy for so long. */
async function arrivals(
  lab: Lab,
  url: string,
  rate: number,
  pauseSeconds: number,
): Promise<{ p50: number; p99: number; started: number }> {
  const vus = Math.ceil(rate * (pauseSeconds + 0.2));
  const seconds = Math.max(1, Math.ceil(pauseSeconds + (2 * lab.scale.windowMs) / 1_000));
  const client = lab.script(
    'vurun',
    `
import http from 'vurun/http';
import { sleep } from 'vurun';
export const options = {
  scenarios: { load: { executor: 'constant-arrival-rate', rate: ${rate}, duration: '${seconds}s',
    preAllocatedVUs: ${vus}, gracefulStop: '0s' } },
  summaryTrendStats: ['p(50)', 'p(99)'],
};
export default async function () {
  await http.get('${url}/');
  ${pauseSeconds > 0 ? `await sleep(${pauseSeconds});` : ''}
}
export function handleSummary({ metrics: { iteration_lateness, iterations_offered, iterations_started } }) {
  return { stdout: JSON.stringify({
    p50: iteration_lateness.values['p(50)'],
    p99: iteration_lateness.values['p(99)'],
    started: iterations_started.values.count / iterations_offered.values.count,
  }) };
}
`,
  );
  const { code, stdout } = await client.ended;
  if (code !== 0) throw client.failure();
  return JSON.parse(stdout) as { p50: number; p99: number; started: number };
}

export const lateness: Benchmark = {
  name: 'lateness',
  about: 'how much later than asked for sleeps end and iterations start, as the server sees it',
  async run(lab) {
    const target = await lab.server();
    const vus = lab.scale.tiny ? 10 : 100;
    const shares = lab.scale.tiny ? [0.1] : [0.1, 0.8];
    // Engines go on getting faster for some seconds, and a schedule that began too early stays behind.
    const warmUpMs = 3 * lab.scale.warmUpMs;
    /** The load that comes to this share of a rate, all VUs together. */
    const loadOf = (perSecond: number, share: number): Load => ({
      vus,
      every: Math.max(1, Math.round((1_000 * vus) / (perSecond * share))),
      warmUpMs,
    });
    /** vurun's latest, which undici is given too: it shows what machine and server add. */
    let rateOfVurun = Number.NaN;

    /** What an engine can do when all sleeps are over at once. */
    async function capacity(engine: Engine): Promise<number> {
      const load = { vus, every: 0, warmUpMs: holdMs };
      const client = lab.script(engine, script(engine, 'sleep', target.url, load));
      const done = async (): Promise<number> => (await countsOf(target)).requests;
      const { perSecond } = await lab.steady(client, done, { ...lab.scale, warmUpMs });
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
              const load = loadOf(perSecond, share);
              const client = lab.script(engine, script(engine, pacer, target.url, load));
              const seen = await look(lab, target, client, load);
              Object.assign(figures, figuresOf(label(pacer, share), seen));
            }
          }
          if (engine === 'vurun') {
            const busy = lab.scale.tiny ? 20 : 2_000;
            for (const [name, rate, pauseSeconds] of [
              ['arrivals at 50 %', Math.max(1, Math.round(perSecond / 2)), 0],
              [`arrivals, ${busy.toLocaleString('en-US')} busy VUs`, busy / 4, 4],
            ] as const) {
              const { p50, p99, started } = await arrivals(lab, target.url, rate, pauseSeconds);
              figures[`${name}: p50 late by, ms`] = p50;
              figures[`${name}: p99 late by, ms`] = p99;
              figures[`${name}: started of those due, %`] = started * 100;
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
          const load = loadOf(rateOfVurun, share);
          const url = `${target.url}/${pacers.sleep}/${load.every}`;
          const args = ['beat', url, String(vus), String(holdMs), String(warmUpMs)];
          const seen = await look(lab, target, lab.rawClient('raw undici', args), load);
          Object.assign(figures, figuresOf(label('sleep', share), seen));
        }
        return figures;
      },
    };
    try {
      return await compare({
        benchmark: lateness.name,
        rounds: lab.scale.rounds,
        contestants: [...engines, raw],
        goals: {
          'arrivals at 50 %: p99 late by, ms': 'must 2',
          'arrivals, 2,000 busy VUs: p99 late by, ms': 'must 10',
          'arrivals at 50 %: started of those due, %': 'must 100',
        },
      });
    } finally {
      await target.child.kill();
    }
  },
};
