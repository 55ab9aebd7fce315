/**
 * Sees to it that no turn lasts for ever. The engine checks its deadline between bytecodes only, so
 * a script can hang inside a native loop (`'x'.repeat(n).indexOf(...)`, a hostile array-like); then
 * nothing in that thread runs any more, and only another thread can end it.
 */
import type { Clock } from '../clock.ts';
import { threadCpuMs } from '../health/thread-cpu.ts';
import { limits } from '../limits.ts';

export interface Watched {
  /** Four doubles: since when (0 for not at all) which VU is run, how long it may be, in which thread. */
  watch: SharedArrayBuffer;
  /** Called once when a turn has outlived its deadline. */
  hung(vuId: number, forMs: number): void;
}

/** A turn that lasts, when it was first seen, and what its thread had computed by then. */
interface Suspect {
  since: number;
  seenAt: number;
  cpuMs: number | undefined;
}

export class Watchdog {
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  readonly #timer: NodeJS.Timeout;
  readonly #suspects = new Map<Watched, Suspect>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = setInterval(() => this.#look(), 200);
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
  }

  remove(watched: Watched): void {
    this.#watched.delete(watched);
    this.#suspects.delete(watched);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = this.#clock.now();
    for (const watched of this.#watched) {
      const [since = 0, vuId = 0, deadlineMs = 0, thread = 0] = new Float64Array(watched.watch);
      if (since === 0) {
        this.#suspects.delete(watched);
        continue;
      }
      let suspect = this.#suspects.get(watched);
      if (suspect?.since !== since) {
        suspect = { since, seenAt: now, cpuMs: threadCpuMs(thread) };
        this.#suspects.set(watched, suspect);
      }
      const lastedMs = now - since;
      if (lastedMs <= deadlineMs + limits.watchdogGraceMs) continue;
      const most = limits.watchdogStallMs;
      if (lastedMs < most && !hasComputed(suspect, thread, now, deadlineMs)) continue;
      this.remove(watched);
      watched.hung(vuId, lastedMs);
    }
  }
}

/**
 * Whether the thread computed for as long as a turn may last, or for most of the time it was watched. On a
 * machine that has no time for it a short turn takes long, and is nobody's loop.
 */
function hasComputed(
  { seenAt, cpuMs }: Suspect,
  thread: number,
  now: number,
  deadlineMs: number,
): boolean {
  const cpuNow = threadCpuMs(thread);
  if (cpuMs === undefined || cpuNow === undefined) return true;
  return cpuNow - cpuMs >= Math.min(deadlineMs, (now - seenAt) / 2);
}
