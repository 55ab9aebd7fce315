/** `performance`: the VU's clock. It replaces the engine's own, which forked VUs would share. */
import { Op } from '../contract/ops.ts';
import { op } from '../host.ts';

export interface Performance {
  /** Milliseconds since this VU was made, with a fraction; never runs backwards. */
  now(): number;
  /** When this VU was made, in milliseconds since 1970. */
  readonly timeOrigin: number;
}

let origin: number | undefined;

export const performance: Performance = {
  now: () => op(Op.now) as number,
  get timeOrigin() {
    return (origin ??= Date.now() - (op(Op.now) as number));
  },
};
