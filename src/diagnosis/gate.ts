/** The first question of all: can this generator's numbers be trusted? */
import type { Gate } from './contract.ts';
import { type Facts, type SecondSeen, weigh } from './facts.ts';
import { percent, plural } from './rule.ts';
import { greatest, quantile } from './statistics.ts';

/** A second whose numbers are partly the generator's own: late timers, or a loop without any rest. */
export function isSlow({ utilization, delayP99 }: SecondSeen): boolean {
  return delayP99 >= 50 || utilization >= 0.97 || (delayP99 >= 20 && utilization >= 0.7);
}

/** Looks at what a generator can do wrong, and says each with its number, good or bad. */
export function gateOf(facts: Facts): Gate {
  const { seconds } = facts;
  const raw = facts.input.seconds;
  const good: string[] = [];
  const problems: string[] = [];
  const say = (ok: boolean, fact: string): void => {
    (ok ? good : problems).push(fact);
  };
  const share = (bad: number): number => bad / Math.max(1, seconds.length);

  const own = facts.failures.filter(({ attempt }) =>
    ['too-many-open-files', 'no-local-port', 'out-of-memory'].includes(attempt.cause),
  );
  if (own.length > 0) say(false, `${plural(weigh(own), 'attempt')} failed on this machine itself`);
  if (seconds.length > 0) {
    const delay = greatest(seconds.map(({ delayP99 }) => delayP99));
    const slow = seconds.filter(isSlow).length;
    const busy = quantile(
      seconds.map(({ utilization }) => utilization),
      0.95,
    );
    const inTime = share(slow) <= 0.05 || slow < 2;
    say(
      inTime,
      `event loops at most ${percent(busy)} busy (p95 of seconds), timers late by at most ${Math.round(delay)} ms`,
    );
    const full = seconds.filter(({ hostCpu }) => (hostCpu ?? 0) >= 0.95).length;
    const cpus = seconds.flatMap(({ hostCpu }) => hostCpu ?? []);
    if (cpus.length > 0) {
      // A machine that is full while vurun's timers stay in time has hurt no number.
      say(
        full < 3 || inTime,
        `machine ${percent(quantile(cpus, 0.5))} busy in the middle, ${percent(greatest(cpus))} at most`,
      );
    }
    const held = seconds.filter(({ throttled }) => throttled > 0).length;
    if (held > 0) {
      say(held < 2 || inTime, `held back by its control group in ${plural(held, 'second')}`);
    }
  }
  for (const [used, limit, noun, bound] of [
    ['files', 'fileLimit', 'open files', 0.8],
    ['ports', 'portRange', 'local ports', 0.7],
  ] as const) {
    const top = greatest(
      raw.map((second) => second[used] ?? 0),
      0,
    );
    const most = raw.at(-1)?.[limit];
    // Ports of the whole machine, other programs' included: only a failed connect proves a shortage.
    const ok = most === undefined || top <= bound * most || (used === 'ports' && own.length === 0);
    if (most !== undefined && top > 0) say(ok, `${top} of ${most} ${noun}`);
  }
  const { offered, droppedBehind, latenessP99 } = facts.schedule;
  if (offered > 0) {
    say(
      droppedBehind === 0 && latenessP99 < 100,
      `${offered} iterations due, ${droppedBehind} not started because vurun was behind; starts late by ${latenessP99.toFixed(1)} ms (p99)`,
    );
  }
  return { healthy: problems.length === 0, facts: good, problems };
}
