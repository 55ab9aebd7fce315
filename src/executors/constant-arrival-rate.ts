/** constant-arrival-rate: a fixed number of iterations starts in every time unit. */
import type { ScenarioPlanInput } from '../script/config.ts';
import { runArrivals } from './arrivals.ts';
import type { ExecutorContext } from './contract.ts';
import { constantSchedule } from './schedule.ts';

type ConstantArrivalRate = Extract<ScenarioPlanInput, { executor: 'constant-arrival-rate' }>;

export function constantArrivalRate(context: ExecutorContext<ConstantArrivalRate>): Promise<void> {
  return runArrivals(context, constantSchedule(context.scenario));
}
