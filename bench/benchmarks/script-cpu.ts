import { Cell } from '../../src/sandbox/quickjs.ts';
import type { Benchmark } from '../benchmark.ts';
import { type Contestant, compare } from '../harness.ts';
import { finished } from '../lab.ts';

/** What scripts do between requests: JSON, text, sorting, calls. */
const kernel = `
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
function kernel(passes) {
  let sum = 0;
  for (let pass = 0; pass < passes; pass++) {
    const orders = [];
    for (let i = 0; i < 200; i++) {
      orders.push({ id: 'order-' + i, price: (i * 7919) % 1000, tags: ['a', 'b', String(i)] });
    }
    const back = JSON.parse(JSON.stringify(orders));
    back.sort((a, b) => a.price - b.price || (a.id < b.id ? -1 : 1));
    const words = back.map((order) => order.id.toUpperCase()).join(' ');
    sum += (words.match(/ORDER-1\\d+/g) || []).length;
    sum += fib(16);
    const bytes = new Uint8Array(4096);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31) ^ (i >> 3);
    sum += bytes.reduce((a, b) => (a + b) & 0xffff, 0);
  }
  return sum;
}
`;

const figure = 'ms per pass';

export const scriptCpu: Benchmark = {
  name: 'script-cpu',
  about: 'the same computation in a VU and in Node itself',
  async run(lab) {
    const passes = lab.scale.tiny ? 2 : 50;
    const cell = await Cell.create();
    let answer = Number.NaN;
    const guest = cell.newGuest(
      {
        op(_code, args) {
          answer = args.number(0);
          return undefined;
        },
        entered: () => undefined,
        left: () => undefined,
        opCrashed(_code, thrown) {
          throw thrown;
        },
      },
      { memoryBytes: 64 << 20, stackBytes: 128 << 10, turnMs: 60_000, initMs: 60_000 },
    );
    const evaluate = (code: string): void => {
      const end = cell.evaluate(guest, code, 'bench.js');
      if (end.kind !== 'ok') throw new Error(JSON.stringify(end));
    };
    evaluate(`const op = __vurun_op;${kernel}`);
    const native = new Function(`${kernel};return kernel`)() as (passes: number) => number;
    const expected = native(passes);
    const timed = (name: string, run: () => void): Contestant => ({
      name,
      async run() {
        const from = performance.now();
        run();
        return { [figure]: (performance.now() - from) / passes };
      },
    });
    const contestants = [
      timed('vurun', () => {
        evaluate(`op(1, kernel(${passes}))`);
        if (answer !== expected) throw new Error(`the VU computed ${answer}, not ${expected}`);
      }),
      timed('Node', () => void native(passes)),
    ];
    if (lab.engines().includes('k6')) {
      const script = `${kernel}
export default function () {
  kernel(${passes});
  const from = Date.now();
  kernel(${passes});
  console.log('took=' + (Date.now() - from) + '.');
}
`;
      contestants.push({
        name: 'k6',
        async run() {
          const end = await finished(lab.script('k6', script));
          const ms = Number(/took=(\d+)\./.exec(end.stderr + end.stdout)?.[1]);
          return { [figure]: ms / passes };
        },
      });
    }
    return compare({
      benchmark: scriptCpu.name,
      rounds: lab.scale.rounds,
      discarded: 1,
      contestants,
      baselines: ['Node'],
    });
  },
};
