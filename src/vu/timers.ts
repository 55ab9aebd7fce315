/** The timers of one VU. */
import { Delivery } from '../../runtime/contract/ops.ts';
import type { Clock } from '../clock.ts';
import { GuestError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { ProtocolHost } from '../protocols/contract.ts';

/** Node counts a timer's milliseconds in 32 bits; anything longer would fire at once. */
const longestMs = 0x7fffffff;

export class Timers {
  readonly #clock: Clock;
  readonly #vu: Pick<ProtocolHost, 'deliver'>;
  readonly #pending = new Map<number, NodeJS.Timeout>();

  constructor(clock: Clock, vu: Pick<ProtocolHost, 'deliver'>) {
    this.#clock = clock;
    this.#vu = vu;
  }

  start(id: number, milliseconds: number): void {
    if (this.#pending.size >= limits.timersPerVu) {
      throw new GuestError(
        `a VU may have ${limits.timersPerVu} timers at a time, and all are in use`,
        'RangeError',
      );
    }
    const wait = Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
    this.#arm(id, this.#clock.now() + wait, wait);
  }

  #arm(id: number, due: number, wait: number): void {
    const timer = setTimeout(
      () => {
        // Node's timers may fire up to a millisecond early, and an early sleep would make every
        // duration a little too good: the clock decides.
        const left = due - this.#clock.now();
        if (left > 0.05) {
          this.#arm(id, due, left);
          return;
        }
        this.#pending.delete(id);
        this.#vu.deliver({ kind: Delivery.timer, id });
      },
      Math.min(wait, longestMs),
    );
    this.#pending.set(id, timer);
  }

  stop(id: number): void {
    const timer = this.#pending.get(id);
    if (timer !== undefined) {
      clearTimeout(timer);
      this.#pending.delete(id);
    }
  }

  clear(): void {
    for (const timer of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
  }
}
