/** What all executors share: a VU that iterates until it may not, and the graceful end of it. */
import type { ExecutorContext, IterationIds, Runner } from './contract.ts';
import { Halt } from './halt.ts';
import { dealtIteration } from './share.ts';

/** Waits until a monotonic instant, or until the run is aborted. Never wakes early. */
export async function waitUntil(
  context: Pick<ExecutorContext, 'clock' | 'abort'>,
  at: number,
): Promise<void> {
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
  /** Who is at work, and how to end the pause `minIterationDuration` may have it in. */
  readonly #working = new Map<Runner, Halt>();

  constructor(context: ExecutorContext) {
    this.#context = context;
    context.abort.listen(() => this.cutOff());
  }

  /** Interrupts every iteration under way, and nobody begins another. */
  cutOff(): void {
    for (const runner of [...this.#working.keys()]) this.cutOffOne(runner);
  }

  cutOffOne(runner: Runner): void {
    this.#working.get(runner)?.call();
    runner.interrupt();
  }

  /**
   * Lets a VU iterate while `next` gives it something to do. Returns false when the VU had to be
   * retired before that.
   */
  async loop(runner: Runner, next: () => IterationIds | undefined): Promise<boolean> {
    const { clock, report, abort, minIterationMs } = this.#context;
    const halt = new Halt();
    this.#working.set(runner, halt);
    report.vusActive++;
    let lasted = true;
    try {
      while (!abort.aborted && !halt.aborted) {
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
          await waitUntil({ clock, abort: halt }, began + minIterationMs);
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

/**
 * Ids for executors whose VUs simply loop: unique over all shards without asking anybody, and over
 * a shard that had to be made anew, since the count lies in shared memory. They are dealt by VUs and
 * not by shards, so that those of VUs that all iterate as often are 0 to n-1 for any number of shards.
 */
export function loopingIds(context: ExecutorContext, vus: number): () => IterationIds {
  const { share, started } = context;
  return () => {
    const local = started[0] as number;
    started[0] = local + 1;
    const id = dealtIteration(share, local, vus);
    return { inInstance: id, inTest: id };
  };
}
