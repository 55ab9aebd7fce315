/** per-vu-iterations: every VU runs the same number of iterations. */
import type { ScenarioPlanInput } from '../script/config.ts';
import type { ExecutorContext } from './contract.ts';
import { Crew, loopingIds, waitUntil } from './looping.ts';
import { ownedRanks } from './share.ts';

type PerVuIterations = Extract<ScenarioPlanInput, { executor: 'per-vu-iterations' }>;

export async function perVuIterations(context: ExecutorContext<PerVuIterations>): Promise<void> {
  const { scenario, clock, share, started } = context;
  const crew = new Crew(context);
  const end = context.startsAt + scenario.maxDurationMs;
  const nextIds = loopingIds(context, scenario.vus);
  await waitUntil(context, context.startsAt);
  const forget = crew.cutOffAt(end + scenario.gracefulStopMs);
  const ranks = ownedRanks(share, scenario.vus);
  await Promise.all(
    ranks.map(async (_rank, place) => {
      const runner = await context.take();
      await crew.loop(runner, () => {
        if ((started[1 + place] as number) >= scenario.iterations || clock.now() >= end)
          return undefined;
        started[1 + place] = (started[1 + place] as number) + 1;
        return nextIds();
      });
      context.give(runner);
    }),
  );
  forget();
  const left = ranks.reduce(
    (sum, _rank, place) => sum + scenario.iterations - (started[1 + place] as number),
    0,
  );
  if (left > 0) context.dropped(left);
}
