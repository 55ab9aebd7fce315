import type { Benchmark } from '../benchmark.ts';
import type { Child } from '../child.ts';
import { type Contestant, compare } from '../harness.ts';
import { countsOf, type Engine, finished } from '../lab.ts';

const figure = 'echoes per CPU-second';
const connections = 50;

function script(engine: Engine, url: string, ms: number): string {
  const from = engine === 'vurun' ? 'vurun/websocket' : 'k6/websockets';
  return `
import { WebSocket } from '${from}';
export const options = {
  scenarios: { echo: { executor: 'per-vu-iterations', vus: ${connections}, iterations: 1 } },
  thresholds: { ws_msgs_received: ['count>0'] },
};
const text = 'x'.repeat(100);
export default function () {
  const ws = new WebSocket('${url}');
  let isOpen = true;
  ws.onopen = () => {
    ws.send(text);
    setTimeout(() => {
      isOpen = false;
      ws.close();
    }, ${ms});
  };
  ws.onmessage = () => {
    if (isOpen) ws.send(text);
  };
}
`;
}

export const wsEcho: Benchmark = {
  name: 'ws-echo',
  about: `${connections} WebSockets, 100 bytes there and back, one message under way in each`,
  async run(lab) {
    const target = await lab.server();
    const url = target.url.replace('http', 'ws');
    const contestant = (name: string, start: () => Child): Contestant => ({
      name,
      async run() {
        const client = start();
        const done = async (): Promise<number> => (await countsOf(target)).messages;
        const { perCpuSecond, perSecond } = await lab.steady(client, done);
        await finished(client);
        return { [figure]: perCpuSecond, 'echoes per second': perSecond };
      },
    });
    const ms = lab.loadMs;
    try {
      return await compare({
        benchmark: wsEcho.name,
        rounds: lab.scale.rounds,
        contestants: [
          ...lab
            .engines()
            .map((engine) => contestant(engine, () => lab.script(engine, script(engine, url, ms)))),
          contestant('raw ws', () =>
            lab.rawClient('raw ws', ['echo', url, String(connections), String(ms)]),
          ),
        ],
        baselines: ['raw ws'],
        goals: { [figure]: 'must 0.6, aim 0.8 of raw ws' },
      });
    } finally {
      await target.child.kill();
    }
  },
};
