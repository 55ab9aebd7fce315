import { PerformanceObserver, performance } from 'node:perf_hooks';
import { limits } from '../limits.ts';
import type { LoopHealth } from './contract.ts';

/**
 * Watches the event loop of the thread it lives in. A timer of its own tells how late timers are, which is
 * what requests and answers of this thread suffer; Node's histogram of the same has a floor of its
 * resolution and cannot be read by the second.
 */
export class LoopProbe {
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  readonly #delays: number[] = [];
  #utilization = performance.eventLoopUtilization();
  #gc = 0;
  #gcMax = 0;
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.#gc += duration;
        this.#gcMax = Math.max(this.#gcMax, duration);
      }
    });
  }

  start(): void {
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#arm(performance.now());
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#observer.disconnect();
  }

  #arm(now: number): void {
    this.#due = now + limits.loopProbeMs;
    this.#timer = setTimeout(tick, limits.loopProbeMs, this).unref();
  }

  ticked(): void {
    const now = performance.now();
    // A timer may fire up to a millisecond early or late by its own granularity.
    this.#delays.push(Math.max(0, now - this.#due - 1));
    this.#arm(now);
  }

  /** The time since the last call. */
  take(): LoopHealth {
    const now = performance.now();
    // A loop that was blocked until now has fired no timer to tell of it.
    if (now - this.#due > 1) this.#delays.push(now - this.#due - 1);
    const delays = this.#delays.sort((a, b) => a - b);
    const at = (share: number): number =>
      delays[Math.min(delays.length - 1, Math.floor(share * delays.length))] ?? 0;
    const current = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(current, this.#utilization);
    this.#utilization = current;
    const health: LoopHealth = {
      delayMedian: at(0.5),
      delayP99: at(0.99),
      delayMax: delays.at(-1) ?? 0,
      utilization: Number.isFinite(utilization) ? utilization : 0,
      gc: this.#gc,
      gcMax: this.#gcMax,
    };
    this.#delays.length = 0;
    this.#gc = 0;
    this.#gcMax = 0;
    return health;
  }
}

function tick(probe: LoopProbe): void {
  probe.ticked();
}
