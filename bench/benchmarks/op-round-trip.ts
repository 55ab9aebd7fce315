import { GuestError } from '../../src/errors.ts';
import { Cell } from '../../src/sandbox/quickjs.ts';
import type { Benchmark } from '../benchmark.ts';
import { compare, nanosecondsPer } from '../harness.ts';

const prelude = `
const op = __vurun_op;
let heard = 0;
op(0, (kind, id, payload) => { heard += id; });
function loop(n) { for (let i = 0; i < n; i++); }
function numbers(n) { for (let i = 0; i < n; i++) op(1, i); }
function texts(n) { for (let i = 0; i < n; i++) op(2, '0123456789abcdef0123456789abcdef'); }
function bytes(n) { const block = new ArrayBuffer(1024); for (let i = 0; i < n; i++) op(3, block); }
function refusals(n) { for (let i = 0; i < n; i++) { try { op(4); } catch {} } }
`;

export const opRoundTrip: Benchmark = {
  name: 'op-round-trip',
  about: 'one crossing of the wall between script and host, inside this process',
  async run(lab) {
    const passes = lab.scale.tiny ? 1_000 : 200_000;
    const cell = await Cell.create();
    const guest = cell.newGuest(
      {
        op(code, args) {
          if (code === 1) return args.number(0);
          if (code === 2) return args.string(0);
          if (code === 3) return args.bytes(0).byteLength;
          throw new GuestError('refused');
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
    evaluate(prelude);
    const inGuest = (name: string): number =>
      nanosecondsPer(passes, (count) => evaluate(`${name}(${count})`));
    const delivered = (payload: string | undefined): number =>
      nanosecondsPer(passes, (count) => {
        for (let i = 0; i < count; i++) {
          const end = cell.deliver(guest, 1, i, payload);
          if (end.kind !== 'ok') throw new Error(JSON.stringify(end));
        }
      });
    return compare({
      benchmark: opRoundTrip.name,
      rounds: lab.scale.rounds,
      discarded: 1,
      contestants: [
        {
          name: 'vurun',
          async run() {
            return {
              'empty loop, ns per turn': inGuest('loop'),
              'op, number to number, ns': inGuest('numbers'),
              'op, 32 characters to the same, ns': inGuest('texts'),
              'op, 1 KiB out, ns': inGuest('bytes'),
              'op that throws, ns': inGuest('refusals'),
              'delivery without payload, ns': delivered(undefined),
              'delivery of 100 characters, ns': delivered('x'.repeat(100)),
            };
          },
        },
      ],
    });
  },
};
