/**
 * The open model: iterations start at the instants of a schedule, whatever became of those before
 * them. A start that finds no free VU is dropped and counted, or waits for one, as the scenario says;
 * it is never silently made later. How far a start is behind is measured apart for what the generator
 * owes (lateness) and for what the want of a free VU owes (the wait).
 */
import { limits } from '../limits.ts';
import type { ArrivalPlanInput } from '../script/config.ts';
import { regularDurationMs } from '../script/describe.ts';
import type {
  DropReason,
  ExecutorContext,
  IterationEnd,
  IterationIds,
  IterationListener,
  Runner,
} from './contract.ts';
import { Halt } from './halt.ts';
import { cutOffAt, waitUntil } from './looping.ts';
import type { Schedule } from './schedule.ts';
import { Deal, ownedRanks } from './share.ts';
import { Stalls } from './stalls.ts';

/** Places in the memory shared with the coordinator. */
const offered = 0;
const begun = 1;

/** Part of the VUs that is kept free, so that the next is made before it is needed. */
const reservePart = 0.05;

/** Runs this shard's share of an open scenario. */
export async function runArrivals(
  context: ExecutorContext<ArrivalPlanInput>,
  schedule: Schedule,
): Promise<void> {
  const { scenario, startsAt } = context;
  // The first scenario's VUs are ready before its first instant; those of later ones may still be at work elsewhere.
  if (scenario.startTimeMs > 0) await waitUntil(context, startsAt);
  const arrivals = new Arrivals(context, schedule);
  await arrivals.hire();
  const end = startsAt + regularDurationMs(scenario);
  const forget = cutOffAt(context.clock, end + scenario.gracefulStopMs, () => arrivals.cutOff());
  const forgetAbort = context.abort.listen(() => arrivals.cutOff());
  await arrivals.run();
  forgetAbort();
  forget();
  await waitUntil(context, end);
}

class Arrivals {
  readonly #context: ExecutorContext<ArrivalPlanInput>;
  readonly #schedule: Schedule;
  readonly #deal: Deal;
  /** Starts that are this shard's. */
  readonly #count: number;
  readonly #most: number;
  readonly #waits: boolean;
  readonly #workers = new Set<Worker>();
  readonly #idle: Worker[] = [];
  readonly #stalls = new Stalls();
  /** Ends the pauses of `minIterationDuration`. */
  readonly #halt = new Halt();
  #running = 0;
  #hiring = false;
  #isClosed = false;
  #warned = false;
  #wakeAt = Number.NaN;
  #timer: NodeJS.Timeout | undefined;
  #over: () => void = () => undefined;
  /** Starts of the second under way, and how many of them were late. */
  #second = { from: Number.NaN, starts: 0, late: 0, worst: 0, told: false };

  constructor(context: ExecutorContext<ArrivalPlanInput>, schedule: Schedule) {
    const { scenario, share } = context;
    this.#context = context;
    this.#schedule = schedule;
    this.#deal = new Deal(share, scenario.maxVUs);
    this.#count = this.#deal.countBelow(schedule.count);
    this.#most = ownedRanks(share, scenario.maxVUs).length;
    this.#waits = scenario.whenBusy === 'wait';
  }

  /** Takes the VUs the scenario was promised. */
  async hire(): Promise<void> {
    const { scenario, share } = this.#context;
    const promised = ownedRanks(share, scenario.preAllocatedVUs).length;
    await Promise.all(
      Array.from({ length: promised }, async () => this.#employ(await this.#context.take())),
    );
  }

  /** Resolves when the last start is made or given up and no iteration is under way. */
  async run(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#over = resolve;
      // What was due before we were there, as in a shard that had to be made anew, waited for us.
      const next = this.#context.started[offered] as number;
      if (next < this.#count) this.#wakeAt = this.#instant(next);
      this.#tick();
    });
    for (const { runner } of this.#workers) this.#context.give(runner);
  }

  /** No more starts but those that are due; what is under way is interrupted. */
  cutOff(): void {
    clearTimeout(this.#timer);
    // Without a graceful stop this is the instant of the last start, too, and a start that is due is counted.
    this.#tick();
    this.#close(this.#context.clock.now());
    this.#halt.call();
    for (const worker of [...this.#workers]) worker.runner.interrupt();
  }

  // -- the schedule ----------------------------------------------------------------------------------

  #instant(place: number): number {
    return this.#context.startsAt + this.#schedule.at(this.#deal.number(place));
  }

  /** Makes the starts that are due. */
  readonly #tick = (): void => {
    if (this.#isClosed) return;
    const { clock, started, abort } = this.#context;
    const now = clock.now();
    this.#noticeStall(now);
    if (abort.aborted) {
      this.#close(now);
      return;
    }
    const first = started[offered] as number;
    let place = first;
    let dropped = 0;
    let behind = 0;
    let next = Number.POSITIVE_INFINITY;
    for (; place < this.#count; place++) {
      const at = this.#instant(place);
      if (at > now) {
        next = at;
        break;
      }
      if (this.#waits) continue;
      const worker = now - at > this.#tooLate(at) ? undefined : this.#idle.shift();
      if (worker !== undefined) worker.begin(at, 0);
      else if (now - at > limits.lateMs) behind++;
      else dropped++;
    }
    started[offered] = place;
    if (place > first) this.#context.record('iterations_offered', place - first);
    this.#drop(dropped, 'no_free_vu');
    this.#drop(behind, 'generator_behind');
    if (this.#waits) this.#serve(now, first);
    this.#hireAhead();
    const isOver = this.#hasWaiting() ? now >= this.#end() : place >= this.#count;
    if (isOver) this.#close(now, first);
    else this.#sleep(now, next);
  };

  #end(): number {
    return this.#context.startsAt + regularDurationMs(this.#context.scenario);
  }

  /** How late a start may be: without bound until the scenario ends, then hardly. */
  #tooLate(at: number): number {
    return this.#end() - at + limits.startAfterEndMs;
  }

  #sleep(now: number, next: number): void {
    // While starts wait, the loop's own stalls have to be seen, to be told from the target's slowness.
    this.#wakeAt = this.#hasWaiting() ? Math.min(next, now + limits.lateMs, this.#end()) : next;
    this.#timer = setTimeout(this.#tick, Math.min(this.#wakeAt - now, 0x7fffffff));
  }

  /** A timer that is overdue shows a stall even before it fires. */
  #noticeStall(now: number): void {
    if (this.#stalls.woke(this.#wakeAt, now, this.#context.rounds())) this.#wakeAt = now;
  }

  #hasWaiting(): boolean {
    const { started } = this.#context;
    return this.#waits && (started[begun] as number) < (started[offered] as number);
  }

  /**
   * Hands starts that wait to VUs that are free, the oldest first. Those from place `fresh` on have only
   * just been found due: if they are late, it is not for want of a VU.
   */
  #serve(now: number, fresh = Number.POSITIVE_INFINITY): void {
    const { started, rounds } = this.#context;
    this.#noticeStall(now);
    while (this.#hasWaiting() && !this.#isClosed && now <= this.#end() + limits.startAfterEndMs) {
      const worker = this.#idle.shift();
      if (worker === undefined) {
        this.#warnIfShort();
        return;
      }
      const place = started[begun] as number;
      const at = this.#instant(place);
      const waited = place >= fresh ? 0 : now - at - this.#stalls.within(at, now, rounds());
      worker.begin(at, Math.max(0, waited));
    }
    if (!this.#hasWaiting()) this.#stalls.forget();
  }

  /**
   * The last start was made, or there is to be no other. Of those that wait, the ones from place `fresh` on
   * have only just been found due: if they are late, it is not for want of a VU.
   */
  #close(now: number, fresh = Number.POSITIVE_INFINITY): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const { started } = this.#context;
    if (this.#waits) {
      const waiting = (started[offered] as number) - (started[begun] as number);
      let late = started[offered] as number;
      const first = Math.min(late, Math.max(fresh, started[begun] as number));
      while (late > first && now - this.#instant(late - 1) <= limits.lateMs) late--;
      this.#drop(waiting - (late - first), 'no_free_vu');
      this.#drop(late - first, 'generator_behind');
    }
    this.#endOfSecond(now);
    this.#context.report.behindMs = 0;
    this.#checkOver();
  }

  #checkOver(): void {
    if (this.#isClosed && this.#running === 0 && !this.#hiring) this.#over();
  }

  #drop(count: number, reason: DropReason): void {
    if (count === 0) return;
    this.#context.dropped(count, reason);
    if (reason === 'no_free_vu') this.#warnIfShort();
  }

  // -- VUs -------------------------------------------------------------------------------------------

  #employ(runner: Runner): void {
    if (runner.isRetired) {
      this.#context.give(runner);
      return;
    }
    const worker = new Worker(runner, this);
    this.#workers.add(worker);
    this.#idle.push(worker);
  }

  /** Makes VUs beyond the promised ones while few are free, one at a time. */
  #hireAhead(): void {
    const reserve = Math.max(1, Math.ceil(this.#workers.size * reservePart));
    if (this.#hiring || this.#isClosed || this.#idle.length >= reserve) return;
    if (this.#workers.size >= this.#most) return;
    this.#hiring = true;
    this.#context.takeFurther().then(
      (runner) => {
        this.#hiring = false;
        if (runner !== undefined && !this.#isClosed) {
          this.#employ(runner);
          if (this.#waits) this.#serve(this.#context.clock.now());
          this.#hireAhead();
        } else if (runner !== undefined) this.#context.give(runner);
        this.#checkOver();
      },
      (thrown: unknown) => {
        // Ends the thread: it is our bug.
        setImmediate(() => {
          throw thrown;
        });
      },
    );
  }

  #warnIfShort(): void {
    if (this.#warned || this.#workers.size < this.#most) return;
    this.#warned = true;
    const { scenario, log } = this.#context;
    log(`Insufficient VUs, reached ${scenario.maxVUs} active VUs and cannot initialize more`, {
      executor: scenario.executor,
      scenario: scenario.name,
    });
  }

  /** Numbers of the next iteration; they count those that were started, so that they have no gaps. */
  nextIds(waitedMs: number): IterationIds {
    const { started, report } = this.#context;
    const at = started[begun] as number;
    started[begun] = at + 1;
    this.#running++;
    report.vusActive++;
    return { inInstance: this.#deal.ownNumber(at), inTest: this.#deal.number(at), waitedMs };
  }

  /** An iteration really begins, `lateness` after it could have. */
  began(now: number, lateness: number): void {
    this.#context.record('iterations_started', 1);
    this.#context.record('iteration_lateness', lateness);
    const second = this.#second;
    if (!(now - second.from < 1_000)) this.#endOfSecond(now);
    second.starts++;
    if (lateness > limits.lateMs) {
      second.late++;
      second.worst = Math.max(second.worst, lateness);
    }
  }

  #endOfSecond(now: number): void {
    const { scenario, report, log } = this.#context;
    const second = this.#second;
    const { starts, late, worst } = second;
    const isLate = late >= limits.lateLeast && late > starts * limits.latePart;
    report.behindMs = isLate ? worst : 0;
    if (isLate && !second.told) {
      second.told = true;
      log(
        `the generator is behind: ${late} of ${starts} iterations of one second started more than ${limits.lateMs} ms late, up to ${Math.round(worst)} ms; ` +
          'this is time the target did not cause (see iteration_lateness); use fewer VUs or a lower rate on this machine, or split the test with --execution-segment',
        { executor: scenario.executor, scenario: scenario.name },
      );
    }
    second.from = now;
    second.starts = 0;
    second.late = 0;
    second.worst = 0;
  }

  ended(worker: Worker, end: IterationEnd): void {
    const { report, minIterationMs, clock, record } = this.#context;
    report.vusActive--;
    // Cut off between its start and its first line: nobody can say how late it would have been.
    if (!worker.hasBegun) record('iterations_started', 1);
    if (end === 'interrupted') {
      this.#rested(worker);
      return;
    }
    report.iterationsDone++;
    if (end === 'killed') {
      worker.runner.revive().then(
        (alive) => {
          if (alive) this.#rested(worker);
          else this.#retire(worker);
        },
        (thrown: unknown) => {
          setImmediate(() => {
            throw thrown;
          });
        },
      );
      return;
    }
    const rest = worker.beganAt + minIterationMs;
    if (minIterationMs > 0 && clock.now() < rest) {
      void waitUntil({ clock, abort: this.#halt }, rest).then(() => this.#rested(worker));
    } else this.#rested(worker);
  }

  #rested(worker: Worker): void {
    this.#running--;
    this.#idle.push(worker);
    if (this.#isClosed) this.#checkOver();
    else if (this.#waits) this.#serve(this.#context.clock.now());
  }

  #retire(worker: Worker): void {
    this.#running--;
    this.#workers.delete(worker);
    this.#context.give(worker.runner);
    this.#checkOver();
  }
}

/** One VU of the scenario. It is told of begin and end by calls: this is the hot path. */
class Worker implements IterationListener {
  readonly runner: Runner;
  readonly #arrivals: Arrivals;
  /** When its iteration could have begun: its instant, and what it waited for a free VU. */
  #dueAt = 0;
  beganAt = 0;
  hasBegun = false;

  constructor(runner: Runner, arrivals: Arrivals) {
    this.runner = runner;
    this.#arrivals = arrivals;
  }

  begin(at: number, waitedMs: number): void {
    this.#dueAt = at + waitedMs;
    this.hasBegun = false;
    this.runner.runIteration(this.#arrivals.nextIds(waitedMs), this);
  }

  iterationBegan(now: number): void {
    this.beganAt = now;
    this.hasBegun = true;
    this.#arrivals.began(now, Math.max(0, now - this.#dueAt));
  }

  iterationEnded(end: IterationEnd): void {
    this.#arrivals.ended(this, end);
  }
}
