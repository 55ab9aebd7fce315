/** What rules look at: the attempts and seconds of a run, sorted out once, in seconds since its start. */
import type { Cause } from '../attempts/cause.ts';
import type { Attempt, AttemptKind, OutcomeCount } from '../attempts/contract.ts';
import { answeredIn } from './answer.ts';
import type { DiagnosisInput, Schedule } from './contract.ts';
import { greatest, least } from './statistics.ts';

/** An attempt with its times in seconds since the run's first one, simulated time made real. */
export interface Seen {
  readonly attempt: Attempt;
  /** Its name; of one that goes by its URL what does not vary in it. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly total: number;
  /** How many attempts this record stands for: more than one where not all records were kept. */
  readonly weight: number;
  /** The request asks for a token. */
  readonly token: boolean;
  /** It told of a rate limit: 429 or in-band. */
  readonly limited: boolean;
  /** It failed, and vurun did not at once make good for it by sending the request again. */
  readonly failed: boolean;
}

export interface SecondSeen {
  /** Second since the run's first attempt in which it ended. */
  at: number;
  delayP99: number;
  utilization: number;
  cpu: number;
  hostCpu: number | undefined;
  throttled: number;
  openWs: number;
}

/** Segments of a path that are ids: numbers, UUIDs, long mixtures; and words with such an end (`caller-17`). */
const id = /^(?:\d+|[\da-f]{8}-[\da-f-]{27}|(?=.*\d)[\w~%-]{16,})$/i;
const idAtEnd = /[-_.:](?:\d+|\d+[-_]\d+)$/;

/**
 * Requests without a name go by their URL, which often has ids in it. Rules compare what is alike, so
 * ids become `{id}`, and a query goes. Names that a script has given stay as they are.
 */
export function templateOf(name: string): string {
  const found = /^(\w+:\/\/[^/?#]+)([^?#]*)/.exec(name);
  if (found === null) return name;
  const [, origin = '', path = ''] = found;
  const segments = path
    .split('/')
    .map((one) => (id.test(one) ? '{id}' : one.replace(idAtEnd, (end) => `${end[0]}{id}`)));
  return origin + segments.join('/');
}

const tokenName = /oauth\/token|(^|[/\s])token$/i;

export class Facts {
  readonly input: DiagnosisInput;
  readonly schedule: Schedule;
  /** Real seconds to seconds of the target's own time. */
  readonly scale: number;
  readonly counts: readonly OutcomeCount[];
  /** In the order in which they began. */
  readonly all: readonly Seen[];
  readonly http: readonly Seen[];
  readonly ws: readonly Seen[];
  readonly failures: readonly Seen[];
  readonly seconds: readonly SecondSeen[];
  /** Milliseconds since 1970 of the first attempt. */
  readonly origin: number;
  /** Seconds from the first attempt to the last end. */
  readonly length: number;
  /** Slack for time clusters: scaled time makes our own jitter as much larger. */
  readonly slack: number;
  /** Seconds by which the order of things may differ between here and there. */
  readonly jitter: number;

  constructor(input: DiagnosisInput) {
    this.input = input;
    this.schedule = input.schedule;
    this.scale = input.timeScale;
    this.slack = input.timeScale < 1 ? 0.03 / input.timeScale : 0;
    this.counts = input.attempts.counts();
    this.jitter = 0.05 / input.timeScale;
    const attempts = input.attempts.attempts();
    this.origin = attempts[0]?.start ?? input.seconds[0]?.at ?? 0;
    const weights = weightsOf(this.counts, attempts);
    this.all = attempts.map((attempt) => {
      const start = this.sinceOrigin(attempt.start);
      const total = this.inSeconds(attempt.total);
      return {
        attempt,
        name: templateOf(attempt.name),
        start,
        end: start + total,
        total,
        weight: weights.get(outcomeOf(attempt)) ?? 1,
        token: attempt.kind === 'http' && tokenName.test(attempt.name),
        failed: attempt.failed && attempt.cause !== 'stale-connection',
        limited: attempt.status === 429 || (attempt.ws?.limited ?? 0) > 0,
      };
    });
    this.http = this.all.filter(({ attempt }) => attempt.kind === 'http');
    this.ws = this.all.filter(({ attempt }) => attempt.kind === 'ws');
    this.failures = this.all.filter(({ failed }) => failed);
    this.length = greatest(
      this.all.map(({ end }) => end),
      0,
    );
    this.seconds = input.seconds.map((second) => ({
      at: this.sinceOrigin(second.at),
      delayP99: second.delayP99,
      utilization: second.utilization,
      cpu: second.cpu,
      hostCpu: second.hostCpu,
      throttled: second.throttled ?? 0,
      openWs: second.openWs,
    }));
  }

  /** Milliseconds as seconds of the target's time. */
  inSeconds(milliseconds: number): number {
    return milliseconds / 1_000 / this.scale;
  }

  sinceOrigin(wall: number): number {
    return this.inSeconds(wall - this.origin);
  }

  /** Milliseconds since 1970 of a second of the run. */
  wall(second: number): number {
    return this.origin + second * 1_000 * this.scale;
  }

  /** Exact number of attempts with an outcome. */
  count(wanted: (outcome: OutcomeCount) => boolean): number {
    return this.counts.reduce((sum, one) => sum + (wanted(one) ? one.count : 0), 0);
  }

  /** When the first failure began to be one, in seconds; Infinity without failures. */
  get firstFailure(): number {
    return least(this.failures.map(({ end }) => end));
  }

  /** Retries: attempts of a policy, and requests a script made again soon after they had failed. */
  get retries(): readonly Retry[] {
    return (this.#retries ??= retriesOf(this));
  }
  #retries: readonly Retry[] | undefined;

  /** WebSocket sessions the target had accepted (or was about to) at a second of the run. */
  heldAt(second: number): number {
    return this.heldThrough(second, 0);
  }

  /** Those of them that also stayed for so many seconds more. */
  heldThrough(second: number, more: number): number {
    this.#held ??= heldOf(this.ws);
    const { starts, ends } = this.#held;
    return Math.round(weightUpTo(starts, second) - weightUpTo(ends, second + more));
  }
  #held: { starts: Weights; ends: Weights } | undefined;
}

export interface Retry {
  seen: Seen;
  /** Seconds between the failure and this attempt. */
  waited: number;
  /** Seconds the failed answer asked to wait, when it did. */
  asked: number | undefined;
}

/** A script that tries again by itself does so soon; what comes later is the next iteration. */
const soon = 5;

function retriesOf(facts: Facts): Retry[] {
  const retries: Retry[] = [];
  const lastFailure = new Map<string, Seen>();
  for (const seen of facts.all) {
    const { attempt, start } = seen;
    const key = `${attempt.vu} ${attempt.kind} ${attempt.method} ${attempt.name}`;
    const before = lastFailure.get(key);
    const asked = attempt.asked === undefined ? undefined : facts.inSeconds(attempt.asked);
    if (attempt.waited !== undefined) {
      retries.push({ seen, waited: facts.inSeconds(attempt.waited), asked });
    } else if (before !== undefined && start >= before.end && start - before.end <= soon) {
      const told = answeredIn(before.attempt)?.retryAfterMs;
      const wait = told === undefined ? undefined : facts.inSeconds(told);
      retries.push({ seen, waited: start - before.end, asked: wait });
    }
    const again = attempt.failed && attempt.initiator !== 'local';
    if (again) lastFailure.set(key, seen);
    else lastFailure.delete(key);
  }
  return retries;
}

function outcomeOf({ kind, cause, status, ws }: Attempt): string {
  return key(kind, cause, status === 101 ? (ws?.closeCode ?? 0) : status);
}

function key(kind: AttemptKind, cause: Cause, code: number): string {
  return `${kind} ${cause} ${code}`;
}

function weightsOf(
  counts: readonly OutcomeCount[],
  attempts: readonly Attempt[],
): Map<string, number> {
  const kept = new Map<string, number>();
  for (const attempt of attempts) {
    const outcome = outcomeOf(attempt);
    kept.set(outcome, (kept.get(outcome) ?? 0) + 1);
  }
  const exact = new Map<string, number>();
  for (const { kind, cause, code, count } of counts) {
    const outcome = key(kind, cause, code);
    exact.set(outcome, (exact.get(outcome) ?? 0) + count);
  }
  return new Map(
    [...kept].map(([outcome, records]) => [
      outcome,
      Math.max(1, (exact.get(outcome) ?? records) / records),
    ]),
  );
}

/** Instants in their order, and the weight of all up to each. */
interface Weights {
  at: Float64Array;
  sums: Float64Array;
}

function heldOf(ws: readonly Seen[]): { starts: Weights; ends: Weights } {
  const held = ws.filter(({ attempt }) => attempt.status === 101);
  const by = (instant: (seen: Seen) => number): Weights => {
    const sorted = held.toSorted((a, b) => instant(a) - instant(b));
    let sum = 0;
    return {
      at: Float64Array.from(sorted, instant),
      sums: Float64Array.from(sorted, ({ weight }) => (sum += weight)),
    };
  };
  return { starts: by(({ start }) => start), ends: by(({ end }) => end) };
}

/** The weight of what is not later than an instant. */
function weightUpTo({ at, sums }: Weights, instant: number): number {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] as number) <= instant) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : (sums[low - 1] as number);
}

/** Sum of what records stand for, rounded to whole attempts. */
export function weigh(seen: readonly Seen[]): number {
  return Math.round(seen.reduce((sum, { weight }) => sum + weight, 0));
}
