/** What all executors share: a VU that iterates until it may not, and the graceful end of it. */
import type { Clock } from '../clock.ts';
import type {
  ExecutorContext,
  IterationEnd,
  IterationIds,
  IterationListener,
  Runner,
} from './contract.ts';
import { Halt } from './halt.ts';
import { Deal } from './share.ts';

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

/** Calls something at a monotonic instant; returns how to forget about it. */
export function cutOffAt(clock: Clock, at: number, which: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const left = at - clock.now();
    if (left <= 0) which();
    else timer = setTimeout(arm, Math.min(left, 0x7fffffff));
  };
  timer = setTimeout(arm, Math.min(Math.max(0, at - clock.now()), 0x7fffffff));
  return () => clearTimeout(timer);
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
    const { report } = this.#context;
    const halt = new Halt();
    this.#working.set(runner, halt);
    report.vusActive++;
    try {
      return await new Promise<boolean>((resolve, reject) => {
        new Loop(this.#context, runner, halt, next, resolve, reject).step();
      });
    } finally {
      this.#working.delete(runner);
      report.vusActive--;
    }
  }

  /** Calls `cutOff` at an instant; returns how to forget about it. */
  cutOffAt(at: number, which: () => void = () => this.cutOff()): () => void {
    return cutOffAt(this.#context.clock, at, which);
  }
}

/** One VU that iterates. It is told of each end by a call and not by a promise: this is the hot path. */
class Loop implements IterationListener {
  readonly #context: ExecutorContext;
  readonly #runner: Runner;
  readonly #halt: Halt;
  readonly #next: () => IterationIds | undefined;
  readonly #over: (lasted: boolean) => void;
  readonly #failed: (reason: unknown) => void;
  #began = 0;

  constructor(
    context: ExecutorContext,
    runner: Runner,
    halt: Halt,
    next: () => IterationIds | undefined,
    over: (lasted: boolean) => void,
    failed: (reason: unknown) => void,
  ) {
    this.#context = context;
    this.#runner = runner;
    this.#halt = halt;
    this.#next = next;
    this.#over = over;
    this.#failed = failed;
  }

  /** Begins the next iteration, if there is to be one. */
  step(): void {
    const ids = this.#context.abort.aborted || this.#halt.aborted ? undefined : this.#next();
    if (ids === undefined) {
      this.#over(true);
      return;
    }
    if (this.#context.minIterationMs > 0) this.#began = this.#context.clock.now();
    this.#runner.runIteration(ids, this);
  }

  iterationEnded(end: IterationEnd): void {
    if (end === 'interrupted') {
      this.#over(true);
      return;
    }
    this.#context.report.iterationsDone++;
    if (end === 'killed') {
      this.#runner.revive().then((alive) => {
        if (alive) this.#rest();
        else this.#over(false);
      }, this.#failed);
    } else this.#rest();
  }

  /** What is left of `minIterationDuration`, and on. */
  #rest(): void {
    const { minIterationMs, clock } = this.#context;
    if (minIterationMs > 0 && clock.now() - this.#began < minIterationMs) {
      waitUntil({ clock, abort: this.#halt }, this.#began + minIterationMs).then(
        () => this.step(),
        this.#failed,
      );
    } else this.step();
  }
}

/**
 * Ids for executors whose VUs simply loop: unique over all shards without asking anybody, and over
 * a shard that had to be made anew, since the count lies in shared memory. They are dealt by VUs and
 * not by shards, so that those of VUs that all iterate as often are 0 to n-1 for any number of shards.
 */
export function loopingIds(context: ExecutorContext, vus: number): () => IterationIds {
  const { share, started } = context;
  const deal = new Deal(share, vus);
  return () => {
    const local = started[0] as number;
    started[0] = local + 1;
    return { inInstance: deal.ownNumber(local), inTest: deal.number(local) };
  };
}
