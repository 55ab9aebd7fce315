import type { Benchmark } from '../benchmark.ts';
import { type Contestant, compare, type Figures, type Row } from '../harness.ts';
import { type Engine, type Lab, settledRss } from '../lab.ts';

/** Functions nobody can leave out, because the table that holds them is looked into by name. */
function ballast(bytes: number): string {
  let text = '';
  for (let i = 0; text.length < bytes; i++) {
    text += `  step${i}(order) {
    const total = order.lines.reduce((sum, line) => sum + line.price * line.count, ${i});
    if (total > ${i * 100}) return { ...order, total, state: 'large-${i}' };
    return { ...order, total, state: 'small-${i}' };
  },\n`;
  }
  return `const steps = {\n${text}};\n`;
}

function script(engine: Engine, vus: number, bytes: number, bell: string): string {
  const wait = engine === 'vurun' ? 'await ' : '';
  const async = engine === 'vurun' ? 'async ' : '';
  const work =
    bytes === 0 ? '' : `  steps['step' + __VU % 10]({ lines: [{ price: 1, count: 2 }] });\n`;
  return `
import http from '${engine}/http';
import { sleep } from '${engine}';
export const options = {
  scenarios: {
    asleep: { executor: 'per-vu-iterations', vus: ${vus}, iterations: 1, maxDuration: '1h' },
  },
};
${bytes === 0 ? '' : ballast(bytes)}
export ${async}function setup() {
  ${wait}http.get('${bell}');
}
export default ${async}function () {
${work}  ${wait}sleep(3600);
}
`;
}

/** Starts so many VUs; returns when setup() ran, which is when all were made, and what they weigh. */
async function start(
  lab: Lab,
  engine: Engine,
  vus: number,
  bytes: number,
): Promise<{ ms: number; rss: number }> {
  const bell = await lab.bell();
  const from = performance.now();
  // Nothing is under load here, so that an engine may use what cores there are.
  const client = lab.script(engine, script(engine, vus, bytes, bell.url), true);
  try {
    const early = client.ended.then(() => {
      throw client.failure();
    });
    const ms = (await Promise.race([bell.rung, early])) - from;
    return { ms, rss: await settledRss(client) };
  } finally {
    bell.close();
    await client.kill();
  }
}

export const vuStart: Benchmark = {
  name: 'vu-start',
  about: 'from the start of the process to the last VU made, and what a sleeping VU weighs',
  async run(lab) {
    const most = lab.scale.tiny ? [10] : [500, 2_000];
    const rows: Row[] = [];
    for (const [label, bytes, goals] of [
      ['tiny', 0, { start: '', memory: 'must 165, aim 120' }],
      ['10 KB', 10_000, { start: 'must 1.0 s, aim 0.4 s', memory: '' }],
      ['100 KB', 100_000, { start: 'must 2.5 s, aim 1.2 s', memory: 'must 700, aim 450' }],
    ] as const) {
      // Ten thousand of a large script would be a test of the machine's memory.
      const sizes = lab.scale.tiny || bytes > 0 ? most : [...most, 10_000];
      const contestants = lab.engines().map(
        (engine): Contestant => ({
          name: engine,
          async run() {
            const figures: Record<string, number> = {};
            const one = await start(lab, engine, 1, bytes);
            for (const vus of sizes) {
              const all = await start(lab, engine, vus, bytes);
              const name = `${label} script, ${vus.toLocaleString('en-US')} VUs`;
              figures[`${name}: s to start`] = all.ms / 1_000;
              figures[`${name}: ms per VU`] = (all.ms - one.ms) / (vus - 1);
              figures[`${name}: KB per VU`] = (all.rss - one.rss) / 1_000 / (vus - 1);
            }
            return figures satisfies Figures;
          },
        }),
      );
      rows.push(
        ...(await compare({
          benchmark: vuStart.name,
          rounds: lab.scale.rounds,
          contestants,
          baselines: ['k6'],
          goals: {
            ...(goals.start === ''
              ? {}
              : { [`${label} script, 2,000 VUs: s to start`]: goals.start }),
            ...(goals.memory === ''
              ? {}
              : { [`${label} script, 2,000 VUs: KB per VU`]: goals.memory }),
          },
        })),
      );
    }
    return rows;
  },
};
