import type { Benchmark } from '../benchmark.ts';
import type { Child } from '../child.ts';
import { type Contestant, compare } from '../harness.ts';
import { countsOf, type Engine, settledRss, until } from '../lab.ts';

const figure = 'KB per session, VU included';
const holdMs = 3_600_000;

function script(engine: Engine, url: string, sessions: number): string {
  const from = engine === 'vurun' ? 'vurun/websocket' : 'k6/websockets';
  return `
import { WebSocket } from '${from}';
export const options = {
  scenarios: {
    idle: { executor: 'per-vu-iterations', vus: ${sessions}, iterations: 1, maxDuration: '1h' },
  },
};
export default function () {
  const ws = new WebSocket('${url}');
  ws.onmessage = () => {};
}
`;
}

export const idleSessions: Benchmark = {
  name: 'idle-sessions',
  about: 'a WebSocket in every VU, open and silent',
  async run(lab) {
    const target = await lab.server();
    const url = target.url.replace('http', 'ws');
    const sessions = lab.scale.tiny ? 20 : 2_000;
    const hold = async (
      start: (sessions: number) => Child,
      count: number,
    ): Promise<{ rss: number; perSecond: number }> => {
      await countsOf(target, true);
      const client = start(count);
      try {
        await until(async () => (await countsOf(target)).sessions >= count, client);
        const { firstSessionMs, lastSessionMs } = await countsOf(target);
        const seconds = (lastSessionMs - firstSessionMs) / 1_000;
        return { rss: await settledRss(client), perSecond: (count - 1) / seconds };
      } finally {
        await client.kill();
      }
    };
    const contestant = (name: string, start: (sessions: number) => Child): Contestant => ({
      name,
      async run() {
        const one = await hold(start, 1);
        const all = await hold(start, sessions);
        return {
          [figure]: (all.rss - one.rss) / 1_000 / (sessions - 1),
          'handshakes per second': all.perSecond,
        };
      },
    });
    try {
      return await compare({
        benchmark: idleSessions.name,
        rounds: lab.scale.rounds,
        contestants: [
          ...lab
            .engines()
            .map((engine) =>
              contestant(engine, (count) => lab.script(engine, script(engine, url, count))),
            ),
          contestant('raw ws', (count) =>
            lab.rawClient('raw ws', ['idle', url, String(count), String(holdMs)]),
          ),
        ],
        baselines: ['raw ws'],
        goals: { [figure]: 'must 165, aim 120 (of 2,000)' },
      });
    } finally {
      await target.child.kill();
    }
  },
};
