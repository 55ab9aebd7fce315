import { limits } from '../limits.ts';
import type { HealthSecond, LoopHealth } from './contract.ts';

/** The worse of two threads, field by field. */
export function worseLoop(a: LoopHealth, b: LoopHealth): LoopHealth {
  return {
    delayMedian: Math.max(a.delayMedian, b.delayMedian),
    delayP99: Math.max(a.delayP99, b.delayP99),
    delayMax: Math.max(a.delayMax, b.delayMax),
    utilization: Math.max(a.utilization, b.utilization),
    gc: Math.max(a.gc, b.gc),
    gcMax: Math.max(a.gcMax, b.gcMax),
  };
}

/**
 * The seconds of a run. When there are more than `limits.healthSeconds`, each two become one that says the
 * worse of both, so that no bad second gets lost in a long run.
 */
export class HealthLog {
  #seconds: HealthSecond[] = [];
  #stride = 1;
  #pending: HealthSecond | undefined;
  #merged = 0;

  add(second: HealthSecond): void {
    this.latest = second;
    this.#pending = this.#pending === undefined ? second : worse(this.#pending, second);
    if (++this.#merged < this.#stride) return;
    this.#seconds.push(this.#pending);
    this.#pending = undefined;
    this.#merged = 0;
    if (this.#seconds.length < limits.healthSeconds) return;
    const halved: HealthSecond[] = [];
    for (let index = 0; index + 1 < this.#seconds.length; index += 2) {
      halved.push(
        worse(this.#seconds[index] as HealthSecond, this.#seconds[index + 1] as HealthSecond),
      );
    }
    this.#seconds = halved;
    this.#stride *= 2;
  }

  /** The second that was added last. */
  latest: HealthSecond | undefined;

  seconds(): readonly HealthSecond[] {
    return this.#pending === undefined ? this.#seconds : [...this.#seconds, this.#pending];
  }
}

function worse(a: HealthSecond, b: HealthSecond): HealthSecond {
  const most = (x: number | undefined, y: number | undefined): number | undefined =>
    x === undefined ? y : y === undefined ? x : Math.max(x, y);
  const kept = Object.fromEntries(
    (['hostCpu', 'throttled', 'files', 'fileLimit', 'ports', 'timeWait', 'portRange'] as const)
      .map((name) => [name, most(a[name], b[name])] as const)
      .filter(([, value]) => value !== undefined),
  );
  return {
    ...worseLoop(a, b),
    ...kept,
    at: b.at,
    length: a.length + b.length,
    cpu: Math.max(a.cpu, b.cpu),
    rss: Math.max(a.rss, b.rss),
    openHttp: Math.max(a.openHttp, b.openHttp),
    openWs: Math.max(a.openWs, b.openWs),
  };
}
