/** ramping-vus: the number of VUs follows stages; who is ramped down may finish its iteration. */
import type { ScenarioPlanInput } from '../script/config.ts';
import { regularDurationMs, scenarioVUs } from '../script/describe.ts';
import type { ExecutorContext } from './contract.ts';
import { Crew, loopingIds, waitUntil } from './looping.ts';
import { rampingSpans, type Span } from './pacing.ts';
import { ownedRanks } from './share.ts';

type RampingVus = Extract<ScenarioPlanInput, { executor: 'ramping-vus' }>;

export async function rampingVus(context: ExecutorContext<RampingVus>): Promise<void> {
  const { scenario, share } = context;
  const crew = new Crew(context);
  const nextIds = loopingIds(context, scenarioVUs(scenario));
  const end = context.startsAt + regularDurationMs(scenario);
  const forget = crew.cutOffAt(end + scenario.gracefulStopMs);
  await Promise.all(
    ownedRanks(share, scenarioVUs(scenario)).map((rank) => follow(rampingSpans(scenario, rank))),
  );
  forget();
  await waitUntil(context, end);

  /** One VU's ups and downs. */
  async function follow(spans: readonly Span[]): Promise<void> {
    let next = 0;
    while (next < spans.length && !context.abort.aborted) {
      const span = spans[next++] as Span;
      await waitUntil(context, context.startsAt + span.from);
      if (context.abort.aborted) return;
      let stopAt = context.startsAt + span.to;
      if (context.clock.now() >= stopAt) continue;
      const runner = await context.take();
      const deadlineOf = (stop: number): number =>
        stop >= end ? end + scenario.gracefulStopMs : stop + scenario.gracefulRampDownMs;
      let forgetDeadline = (): void => undefined;
      /** Wanted again while it was still finishing: the VU goes on as if nothing had happened. */
      const wantedAgain = (): boolean => {
        const following = spans[next];
        if (following === undefined) return false;
        if (context.clock.now() < context.startsAt + following.from) return false;
        next++;
        stopAt = context.startsAt + following.to;
        armDeadline();
        return true;
      };
      const armDeadline = (): void => {
        forgetDeadline();
        forgetDeadline = crew.cutOffAt(deadlineOf(stopAt), () => {
          if (!wantedAgain()) crew.cutOffOne(runner);
        });
      };
      armDeadline();
      await crew.loop(runner, () => {
        while (context.clock.now() >= stopAt) if (!wantedAgain()) return undefined;
        return nextIds();
      });
      forgetDeadline();
      context.give(runner);
    }
  }
}
