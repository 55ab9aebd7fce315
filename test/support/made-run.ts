import { AttemptBook } from '../../src/attempts/attempt-book.ts';
import { type Cause, causes } from '../../src/attempts/cause.ts';
import type { Attempt, WebSocketFacts } from '../../src/attempts/contract.ts';
import type { Diagnosis, DiagnosisInput, Schedule } from '../../src/diagnosis/contract.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { HealthSecond } from '../../src/health/contract.ts';

export const origin = 1_700_000_000_000;

/** What is said of a made-up attempt; times are seconds since the start of the run. */
export interface Made extends Partial<Omit<Attempt, 'start' | 'total' | 'ws'>> {
  at: number;
  /** Length. */
  for?: number;
  ws?: Partial<WebSocketFacts>;
}

/** A run that never was: attempts and seconds put down by hand, for rules to look at. */
export class MadeRun {
  readonly #attempts: Attempt[] = [];
  readonly #seconds: HealthSecond[] = [];
  #vu = 0;

  http(made: Made): this {
    const status = made.status ?? (made.cause === undefined ? 200 : 0);
    const cause: Cause = made.cause ?? (status >= 400 ? 'status' : 'answered');
    return this.#add('http', { name: 'GET /calls', ...made, status, cause });
  }

  /** A session; open and closed by the script unless said otherwise. */
  ws(made: Made): this {
    const cause: Cause = made.cause ?? ((made.status ?? 101) === 101 ? 'closed-by-us' : 'status');
    const status = made.status ?? 101;
    return this.#add('ws', { name: 'ivr', ...made, status, cause });
  }

  /** Seconds of health, all alike but for what is said. */
  seconds(count: number, said: (second: number) => Partial<HealthSecond> = () => ({})): this {
    for (let second = 1; second <= count; second++) {
      this.#seconds.push({
        at: origin + second * 1_000,
        length: 1_000,
        delayMedian: 1,
        delayP99: 3,
        delayMax: 3,
        utilization: 0.2,
        gc: 1,
        gcMax: 1,
        cpu: 0.3,
        hostCpu: 0.4,
        throttled: 0,
        rss: 1e8,
        files: 100,
        fileLimit: 20_000,
        ports: 100,
        portRange: 28_232,
        openHttp: 0,
        openWs: 0,
        ...said(second),
      });
    }
    return this;
  }

  diagnose(schedule: Partial<Schedule> = {}, more: Partial<DiagnosisInput> = {}): Diagnosis {
    return diagnose(this.evidence(schedule, more));
  }

  evidence(
    schedule: Partial<Schedule> = {},
    more: Partial<DiagnosisInput> = {},
  ): DiagnosisInput & {
    attempts: AttemptBook;
  } {
    const book = new AttemptBook(1);
    const counts = this.#attempts.map((attempt) => ({
      kind: attempt.kind,
      name: attempt.name,
      cause: attempt.cause,
      code: attempt.status === 101 ? (attempt.ws?.closeCode ?? 0) : attempt.status,
      failed: attempt.failed,
      count: 1,
      first: attempt.start + attempt.total,
      last: attempt.start + attempt.total,
    }));
    book.merge({ source: 0, counts, timeline: [], attempts: this.#attempts });
    return {
      vus: 10,
      idHeaders: ['inin-correlation-id'],
      timeScale: 1,
      ...more,
      attempts: book,
      seconds: this.#seconds,
      schedule: { offered: 0, droppedNoVu: 0, droppedBehind: 0, latenessP99: 0, ...schedule },
    };
  }

  #add(kind: Attempt['kind'], made: Made & { status: number; cause: Cause; name: string }): this {
    const { at, for: length = kind === 'ws' ? 5 : 0.02, ws, ...said } = made;
    const { cause, status } = made;
    const closeCode = ws?.closeCode ?? (cause.startsWith('lost') ? 1006 : 1000);
    const failed =
      cause === 'closed-by-peer'
        ? closeCode !== 1000 && closeCode !== 1005
        : cause === 'status' || causes[cause].failed;
    const vu = made.vu ?? ++this.#vu;
    this.#attempts.push({
      kind,
      op: `${vu}-1`,
      attempt: 1,
      vu,
      scenario: 'default',
      method: 'GET',
      start: origin + at * 1_000,
      total: length * 1_000,
      sent: 1,
      ...(status > 0 && { answered: Math.min(length * 1_000, 10) }),
      failed,
      phase: status === 101 ? 'closing' : 'wait',
      initiator: causes[cause].initiator,
      message: '',
      openAtStart: 1,
      openAtEnd: 1,
      bytesOut: 0,
      bytesIn: 0,
      ...said,
      ...(kind === 'ws' && {
        ws: {
          closeCode: status === 101 ? closeCode : 0,
          closeReason: '',
          closeFrame: closeCode !== 1006,
          messagesIn: 1,
          messagesOut: 1,
          idle: 100,
          ...ws,
        },
      }),
    });
    return this;
  }
}

/** The rules that spoke, the primary ones first. */
export function rulesOf({ verdicts, further }: Diagnosis): string[] {
  return [...verdicts, ...further].map(({ rule }) => rule);
}
