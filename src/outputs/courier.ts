import { messageOf } from '../errors.ts';
import { limits } from '../limits.ts';
import type { LogSink } from '../log.ts';

export interface CourierOptions {
  /** `the influxdb output`. */
  label: string;
  /** The receiver, without secrets. */
  to: string;
  intervalMs: number;
  log: LogSink;
  /** Hands over what there is. Throws an Error with the reason when it did not arrive. */
  deliver(signal: AbortSignal, last: boolean): Promise<void>;
}

/**
 * Delivers at a steady pace, one delivery at a time. While one is under way the next waits, and since
 * what waits are sums, it needs no more room: a slow receiver gets coarser numbers, a dead one none.
 */
export class Courier {
  readonly #options: CourierOptions;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;
  readonly #end = new AbortController();
  #stopped = false;
  #made = 0;
  #failed = 0;
  #late = 0;
  /** The last delivery failed. */
  #broken = false;
  #reason = '';

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), this.#options.intervalMs);
  }

  #tick(): void {
    if (this.#underWay !== undefined) {
      this.#late++;
      return;
    }
    this.#underWay = this.#deliver(false).finally(() => {
      this.#underWay = undefined;
    });
  }

  async #deliver(last: boolean): Promise<void> {
    const { label, to, log, deliver } = this.#options;
    const timeout = AbortSignal.timeout(limits.outputDeliveryMs);
    const signal = AbortSignal.any([timeout, this.#end.signal]);
    this.#made++;
    try {
      // Some receivers' libraries cannot be called off; they are not waited for.
      await Promise.race([deliver(signal, last), aborted(signal)]);
      this.#broken = false;
    } catch (thrown) {
      this.#failed++;
      const isNews = !this.#broken && !last;
      this.#broken = true;
      this.#reason = signal.aborted
        ? `no answer within ${limits.outputDeliveryMs / 1_000} seconds`
        : messageOf(thrown);
      if (!isNews) return;
      const message = `${label} cannot deliver to ${to}: ${this.#reason}; the test goes on, and it is tried again`;
      log({ level: 'warning', time: Date.now(), message });
    }
  }

  /** A last delivery. Never throws, and takes no longer than `limits.outputStallMs`. */
  async stop(): Promise<void> {
    if (this.#stopped || this.#timer === undefined) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    const patience = setTimeout(() => this.#end.abort(), limits.outputStallMs);
    await this.#underWay;
    await this.#deliver(true);
    clearTimeout(patience);
  }

  get problem(): string | undefined {
    if (this.#failed === 0 && this.#late === 0) return undefined;
    const { label, to } = this.#options;
    const parts: string[] = [];
    if (this.#failed > 0) {
      parts.push(`${this.#failed} of ${this.#made} deliveries failed (${this.#reason})`);
    }
    if (this.#late > 0) parts.push(`${this.#late} were made together with a later one`);
    const what = this.#broken ? 'is incomplete' : 'has gaps';
    return `${label} to ${to} ${what}: ${parts.join('; ')}`;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
