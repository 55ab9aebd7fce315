/** What all executors share: a VU that iterates until it may not, and the graceful end of it. */
import type { ExecutorContext, IterationIds, Runner } from './contract.ts';

/** Waits until a monotonic instant, or until the run is aborted. Never wakes early. */
export async function waitUntil(context: ExecutorContext, at: number): Promise<void> {
  for (;;) {
    const left = at - context.clock.now();
    if (left <= 0 || context.abort.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        forget();
        resolve();
      };
      const timer = setTimeout(done, Math.min(left, 0x7fffffff));
      const forget = context.abort.listen(done);
    });
  }
}

/** VUs at work in one scenario, so that those that overstay can be cut off. */
export class Crew {
  readonly #context: ExecutorContext;
  readonly #working = new Set<Runner>();

  constructor(context: ExecutorContext) {
    this.#context = context;
    context.abort.listen(() => this.cutOff());
  }

  /** Interrupts every iteration under way. */
  cutOff(): void {
    for (const runner of this.#working) runner.interrupt();
  }

  /**
   * Lets a VU iterate while `next` gives it something to do. Returns false when the VU had to be
   * retired before that.
   */
  async loop(runner: Runner, next: () => IterationIds | undefined): Promise<boolean> {
    const { clock, report, abort, minIterationMs } = this.#context;
    this.#working.add(runner);
    report.vusActive++;
    let lasted = true;
    try {
      while (!abort.aborted) {
        const ids = next();
        if (ids === undefined) break;
        const began = clock.now();
        const end = await runner.runIteration(ids);
        if (end !== 'interrupted') report.iterationsDone++;
        if (end === 'interrupted') break;
        if (end === 'killed' && !(await runner.revive())) {
          lasted = false;
          break;
        }
        const spent = clock.now() - began;
        if (spent < minIterationMs) {
          await waitUntil(this.#context, began + minIterationMs);
        } else {
          // A script that waits for nothing would otherwise keep the event loop, and with it every
          // socket and timer of the shard, to itself.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    } finally {
      this.#working.delete(runner);
      report.vusActive--;
    }
    return lasted;
  }

  /** Calls `cutOff` at an instant; returns how to forget about it. */
  cutOffAt(at: number, which: () => void = () => this.cutOff()): () => void {
    const { clock } = this.#context;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = at - clock.now();
      if (left <= 0) which();
      else timer = setTimeout(arm, Math.min(left, 0x7fffffff));
    };
    timer = setTimeout(arm, Math.min(Math.max(0, at - clock.now()), 0x7fffffff));
    return () => clearTimeout(timer);
  }
}

/** Ids for executors whose VUs simply loop: unique over all shards without asking anybody. */
export function loopingIds(context: ExecutorContext): () => IterationIds {
  const { shards, index } = context.share;
  let local = 0;
  return () => {
    const id = local++ * shards + index;
    return { inInstance: id, inTest: id };
  };
}
