/** The VUs of a shard: made before the load starts, lent to scenarios, made anew when they break. */

import type { Runner } from '../executors/contract.ts';
import type { Halt } from '../executors/halt.ts';
import { limits } from '../limits.ts';
import type {
  IterationIds,
  IterationListener,
  ScenarioContext,
  VuEnvironment,
} from '../vu/contract.ts';
import { InitFailure, Vu } from '../vu/vu.ts';

export class VuPool {
  readonly #env: VuEnvironment;
  readonly #caveat: (text: string) => void;
  readonly #all: PooledVu[] = [];
  readonly #free: PooledVu[] = [];
  readonly #waiting: ((vu: PooledVu) => void)[] = [];
  #furtherIds: readonly number[] = [];
  #further = 0;

  constructor(env: VuEnvironment, caveat: (text: string) => void) {
    this.#env = env;
    this.#caveat = caveat;
  }

  /**
   * Makes the VUs, and keeps `furtherIds` for those that may be asked for later. Throws `InitFailure`
   * when the script cannot be initialised.
   */
  async fill(
    ids: readonly number[],
    furtherIds: readonly number[],
    abort: Halt,
    progress: (count: number) => void,
  ): Promise<void> {
    this.#furtherIds = furtherIds;
    let told = this.#env.clock.now();
    for (const id of ids) {
      if (abort.aborted) break;
      const vu = new PooledVu(this.#env, id, await makeVu(this.#env, id), this.#caveat);
      this.#all.push(vu);
      this.#free.push(vu);
      const now = this.#env.clock.now();
      if (now - told > 100) {
        told = now;
        progress(this.#all.length);
        // Messages and timers of this thread get their turn between VUs.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    progress(this.#all.length);
  }

  /** Lends a VU to a scenario; waits when all are taken. */
  async take(scenario: ScenarioContext, dataJson: string | undefined): Promise<Runner> {
    const vu =
      this.#freeSound() ??
      this.#free.shift() ??
      (await new Promise<PooledVu>((resolve) => this.#waiting.push(resolve)));
    await vu.activate(scenario, dataJson);
    return vu;
  }

  /** The VU that has been free the longest, of those that can still work. */
  #freeSound(): PooledVu | undefined {
    const at = this.#free.findIndex((vu) => !vu.isRetired);
    return at < 0 ? undefined : this.#free.splice(at, 1)[0];
  }

  /**
   * Makes one more VU, or lends one that is free once there are as many as there may be: then there are
   * enough for all that any scenario was promised. Undefined when none is free, or its init failed.
   */
  async takeFurther(
    scenario: ScenarioContext,
    dataJson: string | undefined,
  ): Promise<Runner | undefined> {
    const id = this.#furtherIds[this.#further];
    if (id === undefined) {
      const vu = this.#freeSound();
      await vu?.activate(scenario, dataJson);
      return vu;
    }
    this.#further++;
    // Sockets are read before and after: making a VU is the longest that a shard does at a stretch.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      const vu = new PooledVu(this.#env, id, await makeVu(this.#env, id), this.#caveat);
      this.#all.push(vu);
      await vu.activate(scenario, dataJson);
      return vu;
    } catch (thrown) {
      if (!(thrown instanceof InitFailure)) throw thrown;
      this.#env.log('error', `VU ${id} could not be made: ${thrown.message}`);
      return undefined;
    }
  }

  give(runner: Runner): void {
    const vu = runner as PooledVu;
    vu.leaveScenario();
    const next = this.#waiting.shift();
    if (next !== undefined) next(vu);
    else this.#free.push(vu);
  }

  /** Gives up every connection; the VUs are of no use after it. */
  hangUp(): void {
    for (const vu of this.#all) vu.hangUp();
  }
}

/** An engine that fails while it starts says nothing about the script: another cell is tried once. */
async function makeVu(env: VuEnvironment, id: number): Promise<Vu> {
  try {
    return await Vu.create(env, id);
  } catch (thrown) {
    if (thrown instanceof InitFailure && thrown.engineBroken) return Vu.create(env, id);
    throw thrown;
  }
}

class PooledVu implements Runner {
  readonly vuId: number;
  readonly #env: VuEnvironment;
  readonly #vu: Vu;
  readonly #caveat: (text: string) => void;
  #restarts = 0;
  #isRetired = false;

  constructor(env: VuEnvironment, id: number, vu: Vu, caveat: (text: string) => void) {
    this.vuId = id;
    this.#env = env;
    this.#vu = vu;
    this.#caveat = caveat;
  }

  get isRetired(): boolean {
    return this.#isRetired;
  }

  async activate(scenario: ScenarioContext, dataJson: string | undefined): Promise<void> {
    if (this.#vu.isGone && !this.#isRetired) await this.revive();
    if (!this.#isRetired) this.#vu.activate(scenario, dataJson);
  }

  runIteration(ids: IterationIds, listener: IterationListener): void {
    if (this.#isRetired) listener.iterationEnded('interrupted');
    else this.#vu.runIteration(ids, listener);
  }

  interrupt(): void {
    this.#vu.interrupt();
  }

  leaveScenario(): void {
    this.#vu.leaveScenario();
  }

  async revive(): Promise<boolean> {
    if (this.#isRetired) return false;
    // What an engine's failure did to its neighbours is not their fault.
    if (!this.#vu.endedByEngine && this.#restarts++ >= limits.vuRestarts) {
      return this.#retire(`it had to be ended ${this.#restarts} times`);
    }
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#vu.revive();
        return true;
      } catch (thrown) {
        if (!(thrown instanceof InitFailure)) throw thrown;
        if (thrown.engineBroken && attempt === 0) continue;
        return this.#retire(`it could not be made anew: ${thrown.message}`);
      }
    }
  }

  #retire(why: string): false {
    this.#isRetired = true;
    this.#caveat(`VU ${this.vuId} was taken out of the run: ${why}`);
    this.#env.log('error', `VU ${this.vuId} takes no further part in the run: ${why}`);
    return false;
  }

  hangUp(): void {
    this.#vu.hangUp();
  }
}
