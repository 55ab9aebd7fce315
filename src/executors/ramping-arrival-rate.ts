/** ramping-arrival-rate: the rate at which iterations start follows stages. */
import type { ScenarioPlanInput } from '../script/config.ts';
import { runArrivals } from './arrivals.ts';
import type { ExecutorContext } from './contract.ts';
import { rampingSchedule } from './schedule.ts';

type RampingArrivalRate = Extract<ScenarioPlanInput, { executor: 'ramping-arrival-rate' }>;

export function rampingArrivalRate(context: ExecutorContext<RampingArrivalRate>): Promise<void> {
  return runArrivals(context, rampingSchedule(context.scenario));
}
