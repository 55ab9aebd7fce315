/** shared-iterations: VUs race for a number of iterations. */
import type { ScenarioPlanInput } from '../script/config.ts';
import type { ExecutorContext } from './contract.ts';
import { Crew, waitUntil } from './looping.ts';
import { Deal, ownedRanks } from './share.ts';

type SharedIterations = Extract<ScenarioPlanInput, { executor: 'shared-iterations' }>;

export async function sharedIterations(context: ExecutorContext<SharedIterations>): Promise<void> {
  const { scenario, clock, share, started } = context;
  const crew = new Crew(context);
  const end = context.startsAt + scenario.maxDurationMs;
  const deal = new Deal(share, scenario.vus);
  const owned = deal.countBelow(scenario.iterations);
  await waitUntil(context, context.startsAt);
  const forget = crew.cutOffAt(end + scenario.gracefulStopMs);
  await Promise.all(
    ownedRanks(share, scenario.vus).map(async () => {
      const runner = await context.take();
      await crew.loop(runner, () => {
        const next = started[0] as number;
        if (next >= owned || clock.now() >= end) return undefined;
        started[0] = next + 1;
        return { inInstance: deal.ownNumber(next), inTest: deal.number(next) };
      });
      context.give(runner);
    }),
  );
  forget();
  const left = owned - (started[0] as number);
  if (left > 0) context.dropped(left);
}
