/** constant-vus: a fixed number of VUs iterate back to back for a duration. */
import type { ScenarioPlanInput } from '../script/config.ts';
import type { ExecutorContext } from './contract.ts';
import { Crew, loopingIds, waitUntil } from './looping.ts';
import { ownedRanks } from './share.ts';

type ConstantVus = Extract<ScenarioPlanInput, { executor: 'constant-vus' }>;

export async function constantVus(context: ExecutorContext<ConstantVus>): Promise<void> {
  const { scenario, clock, share } = context;
  const crew = new Crew(context);
  const end = context.startsAt + scenario.durationMs;
  const nextIds = loopingIds(context, scenario.vus);
  await waitUntil(context, context.startsAt);
  const forget = crew.cutOffAt(end + scenario.gracefulStopMs);
  await Promise.all(
    ownedRanks(share, scenario.vus).map(async () => {
      const runner = await context.take();
      await crew.loop(runner, () => (clock.now() < end ? nextIds() : undefined));
      context.give(runner);
    }),
  );
  forget();
  // The scenario lasts as long as it was asked to, even if every VU had to be retired.
  await waitUntil(context, end);
}
