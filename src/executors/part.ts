/** A scenario as one execution segment has it: for what is shown and said of this process alone. */
import type { ScenarioPlanInput } from '../script/config.ts';
import { type Stripe, stripeCount } from '../script/segment.ts';
import { Deal } from './share.ts';

/** VUs, iterations and rates are this process's own; rates need not be whole any more. */
export function ownPart(
  scenario: ScenarioPlanInput,
  segment: Stripe | undefined,
): ScenarioPlanInput {
  if (segment === undefined) return scenario;
  const own = (count: number): number => stripeCount(segment, count);
  switch (scenario.executor) {
    case 'constant-vus':
    case 'per-vu-iterations':
      return { ...scenario, vus: own(scenario.vus) };
    case 'shared-iterations': {
      // Iterations go with the VUs.
      const deal = new Deal({ index: 0, shards: 1, offset: 0, segment }, scenario.vus);
      return {
        ...scenario,
        vus: own(scenario.vus),
        iterations: deal.countBelow(scenario.iterations),
      };
    }
    case 'ramping-vus':
      return {
        ...scenario,
        startVUs: own(scenario.startVUs),
        stages: scenario.stages.map((stage) => ({ ...stage, target: own(stage.target) })),
      };
    case 'constant-arrival-rate':
    case 'ramping-arrival-rate': {
      const vus = {
        preAllocatedVUs: own(scenario.preAllocatedVUs),
        maxVUs: own(scenario.maxVUs),
      };
      // Starts go with the VUs, too.
      const rateOf = (rate: number): number => (rate * vus.maxVUs) / scenario.maxVUs;
      if (scenario.executor === 'constant-arrival-rate') {
        return { ...scenario, ...vus, rate: rateOf(scenario.rate) };
      }
      return {
        ...scenario,
        ...vus,
        startRate: rateOf(scenario.startRate),
        stages: scenario.stages.map((stage) => ({ ...stage, target: rateOf(stage.target) })),
      };
    }
  }
}
