/** What an executor is given, and what it reports while it runs. */
import type { Clock } from '../clock.ts';
import type { ScenarioPlanInput } from '../script/config.ts';
import type { Halt } from './halt.ts';
import type { Share } from './share.ts';

/** Numbers of one iteration, given by its executor. */
export interface IterationIds {
  /** Among the iterations of the scenario in this process, from 0; no two shards give the same. */
  inInstance: number;
  /** Among the iterations of the scenario in the whole test, from 0. */
  inTest: number;
  /** In an open model: milliseconds this iteration waited, past its instant, for a VU to be free. */
  waitedMs?: number;
}

export type IterationEnd =
  /** It ran to its end, even if the script threw. */
  | 'complete'
  /** It was cut off. */
  | 'interrupted'
  /** Its VU broke a limit and must be made anew. */
  | 'killed';

/** Who is told how an iteration ended. */
export interface IterationListener {
  /** The guest is about to be entered, at this monotonic instant; not told of one cut off before. */
  iterationBegan?(now: number): void;
  iterationEnded(end: IterationEnd): void;
}

/** A VU as executors see it: taken from the pool and ready for this scenario. */
export interface Runner {
  readonly vuId: number;
  /** It broke too often: its iterations end as `interrupted` before they begin. */
  readonly isRetired: boolean;
  /** Begins an iteration soon; the listener hears of its end exactly once, maybe before this returns. */
  runIteration(ids: IterationIds, listener: IterationListener): void;
  interrupt(): void;
  /** Makes a VU anew after an iteration ended as `killed`. False: it broke too often and is retired. */
  revive(): Promise<boolean>;
}

/**
 * Iterations started, by place in the shard's share of the scenario. It lies in memory shared with
 * the coordinator, so that a shard that had to be ended can be made anew where it stood.
 */
export type Started = Float64Array;

/** Why a start of an open model came to nothing. */
export type DropReason = 'no_free_vu' | 'generator_behind';

/** What executors record of their own doing. */
export type ExecutorMetric = 'iterations_offered' | 'iterations_started' | 'iteration_lateness';

export interface ScenarioReport {
  name: string;
  state: 'waiting' | 'running' | 'done' | 'interrupted';
  vusActive: number;
  iterationsDone: number;
  /** In an open model whose starts are late: the worst of the last second, in milliseconds; else 0. */
  behindMs: number;
}

export interface ExecutorContext<S extends ScenarioPlanInput = ScenarioPlanInput> {
  scenario: S;
  share: Share;
  clock: Clock;
  /** Monotonic instant of the scenario's start. */
  startsAt: number;
  /** Takes a VU from the pool; waits when none is free. */
  take(): Promise<Runner>;
  /** Makes one more VU, of those a scenario may have beyond what it was promised; undefined when there is none. */
  takeFurther(): Promise<Runner | undefined>;
  give(runner: Runner): void;
  report: ScenarioReport;
  /**
   * Iterations started: [0] all of this share, [1 + place] those of each owned rank. In an open model
   * [0] is how many starts were due, [1] how many were made.
   */
  started: Started;
  /** Records `dropped_iterations`, with the reason as a tag. */
  dropped(count: number, reason?: DropReason): void;
  record(metric: ExecutorMetric, value: number): void;
  minIterationMs: number;
  /** How often VUs of this thread were run so far; it stands still while all of them wait for the target. */
  rounds(): number;
  /** Called when the run is over at once: no new iterations, those under way are cut off. */
  abort: Halt;
  log(message: string, fields?: Record<string, string>): void;
}

/** Runs this shard's share of one scenario from its start to its end. */
export type Executor<S extends ScenarioPlanInput = ScenarioPlanInput> = (
  context: ExecutorContext<S>,
) => Promise<void>;
