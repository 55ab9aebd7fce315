/** Every executor, by k6's name. To add one: its file, its line here, its shape in `script/config.ts`. */
import type { ScenarioPlanInput } from '../script/config.ts';
import { constantArrivalRate } from './constant-arrival-rate.ts';
import { constantVus } from './constant-vus.ts';
import type { Executor, ExecutorContext } from './contract.ts';
import { perVuIterations } from './per-vu-iterations.ts';
import { rampingArrivalRate } from './ramping-arrival-rate.ts';
import { rampingVus } from './ramping-vus.ts';
import { sharedIterations } from './shared-iterations.ts';

type ExecutorTable = {
  [Name in ScenarioPlanInput['executor']]: Executor<Extract<ScenarioPlanInput, { executor: Name }>>;
};

export const executors: ExecutorTable = {
  'constant-vus': constantVus,
  'ramping-vus': rampingVus,
  'per-vu-iterations': perVuIterations,
  'shared-iterations': sharedIterations,
  'constant-arrival-rate': constantArrivalRate,
  'ramping-arrival-rate': rampingArrivalRate,
};

/** Runs this shard's share of a scenario. */
export function runScenario(context: ExecutorContext): Promise<void> {
  return (executors[context.scenario.executor] as Executor)(context);
}
