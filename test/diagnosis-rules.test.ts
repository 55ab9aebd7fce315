/** Every rule by a run made for it, and by one that looks like it and is not. */
import { describe, expect, test } from 'vitest';
import { templateOf } from '../src/diagnosis/facts.ts';
import { greatest, least } from '../src/diagnosis/statistics.ts';
import { MadeRun, rulesOf } from './support/made-run.ts';

const range = (count: number): number[] => [...Array(count).keys()];

/** A healthy run to put things into. */
const calm = (): MadeRun => new MadeRun().seconds(60);

interface Case {
  rule: string;
  /** What must be found. */
  run: () => ReturnType<MadeRun['diagnose']>;
  /** What looks alike and must not be. */
  not: () => ReturnType<MadeRun['diagnose']>;
}

/** Sessions that begin evenly, with a target that takes so many at once. */
function cappedSessions(
  count: number,
  cap: number,
  ramp: number,
  life: number,
  refused: { status: number; for?: number } = { status: 503 },
): MadeRun {
  const run = calm();
  let open: number[] = [];
  for (const index of range(count)) {
    const at = (index * ramp) / count;
    open = open.filter((end) => end > at);
    if (open.length < cap) {
      open.push(at + life);
      run.ws({ at, for: life, openAtStart: open.length });
    } else run.ws({ at, for: 0.05, ...refused, openAtStart: open.length + 1 });
  }
  return run;
}

const cases: Case[] = [
  {
    rule: 'G0',
    run: () => {
      const run = new MadeRun().seconds(20, () => ({ utilization: 0.97, delayP99: 80 }));
      for (const index of range(100)) run.http({ at: index / 5 });
      return run.diagnose();
    },
    // One pause at the start.
    not: () => {
      const run = new MadeRun().seconds(20, (s) => (s < 3 ? { delayP99: 200 } : {}));
      for (const index of range(100)) run.http({ at: index / 5 });
      return run.diagnose();
    },
  },
  {
    rule: 'G1',
    run: () =>
      calm().ws({ at: 3, status: 0, cause: 'too-many-open-files', errno: 'EMFILE' }).diagnose(),
    // The target says the same of itself, in a body.
    not: () => calm().http({ at: 3, status: 500, bodyCode: 'too many open files' }).diagnose(),
  },
  {
    rule: 'G2',
    run: () =>
      calm()
        .http({ at: 3, cause: 'no-local-port', errno: 'EADDRNOTAVAIL', syscall: 'connect' })
        .diagnose(),
    not: () => calm().http({ at: 3, cause: 'connection-refused' }).diagnose(),
  },
  {
    rule: 'G3',
    run: () => {
      const run = new MadeRun().seconds(30, () => ({ utilization: 0.99, delayP99: 400 }));
      for (const index of range(50)) run.http({ at: index / 5 });
      for (const index of range(20))
        run.http({ at: 10 + index / 5, for: 5 + index / 9, cause: 'timeout', phase: 'wait' });
      return run.diagnose();
    },
    // Busy only after the failures began: their effect.
    not: () => {
      const run = new MadeRun().seconds(30, (s) =>
        s > 14 ? { utilization: 0.99, delayP99: 400 } : {},
      );
      for (const index of range(20))
        run.http({ at: 5 + index / 5, for: 5, cause: 'timeout', phase: 'wait' });
      return run.diagnose();
    },
  },
  {
    rule: 'G4',
    run: () => calm().http({ at: 1 }).diagnose({ offered: 1_000, droppedBehind: 50 }),
    not: () => calm().http({ at: 1 }).diagnose({ offered: 1_000 }),
  },
  {
    rule: 'G5',
    run: () =>
      new MadeRun()
        .seconds(20, () => ({ hostCpu: 0.99, delayP99: 60 }))
        .http({ at: 1 })
        .diagnose(),
    // One of eight processors.
    not: () =>
      new MadeRun()
        .seconds(20, () => ({ hostCpu: 0.15, cpu: 1 }))
        .http({ at: 1 })
        .diagnose(),
  },
  {
    rule: 'G6',
    run: () => {
      const run = calm();
      for (const index of range(20)) run.http({ at: index, dns: 300, connect: 2 });
      return run.diagnose();
    },
    // The path is slow, not the resolver.
    not: () => {
      const run = calm();
      for (const index of range(20)) run.http({ at: index, dns: 300, connect: 280 });
      return run.diagnose();
    },
  },
  {
    rule: 'G7',
    run: () => {
      const run = calm();
      for (const index of range(10))
        run.http({ at: index, for: 3, cause: 'timeout', phase: 'wait' });
      return run.diagnose();
    },
    // The peer gives up after as long.
    not: () => {
      const run = calm();
      for (const index of range(10)) run.http({ at: index, for: 3, status: 504 });
      return run.diagnose();
    },
  },
  {
    rule: 'G8',
    run: () => {
      const run = calm().http({ at: 0 });
      for (const index of range(10)) {
        run.http({
          at: 6 + index,
          cause: 'reset-before-answer',
          reusedAfter: 5_000,
          method: 'POST',
        });
        run.http({ at: 6.1 + index });
      }
      return run.diagnose();
    },
    // Fresh connections are reset, too.
    not: () => {
      const run = calm().http({ at: 0 });
      for (const index of range(10)) run.http({ at: 6 + index, cause: 'reset-before-answer' });
      return run.diagnose();
    },
  },
  {
    rule: 'E1',
    run: () => {
      const run = calm();
      for (const index of range(50))
        run.http({ at: index / 5, status: 404, name: 'POST /v2/flows' });
      return run.diagnose();
    },
    // It worked at first: something expired.
    not: () => {
      const run = calm();
      for (const index of range(50)) run.http({ at: index / 5, status: index < 25 ? 200 : 404 });
      return run.diagnose();
    },
  },
  {
    rule: 'E2',
    run: () => {
      const run = calm();
      for (const index of range(10)) run.http({ at: index, cause: 'name-not-found' });
      return run.diagnose();
    },
    not: () => calm().http({ at: 0 }).diagnose(),
  },
  {
    rule: 'A1',
    run: () => {
      const run = calm();
      for (const index of range(50)) run.http({ at: index / 5, status: 401 });
      return run.diagnose();
    },
    // Expired on the way.
    not: () => {
      const run = calm();
      for (const index of range(100)) run.http({ at: index / 5, status: index < 90 ? 200 : 401 });
      return run.diagnose();
    },
  },
  {
    rule: 'R1',
    run: () => {
      const run = calm();
      for (const index of range(400)) {
        const headers = { 'retry-after': '24', 'inin-ratelimit-allowed': '300' };
        run.http({ at: index * 0.12, status: index < 300 ? 200 : 429, headers });
      }
      return run.diagnose();
    },
    // Maintenance.
    not: () => {
      const run = calm();
      for (const index of range(100)) {
        run.http({
          at: index * 0.12,
          status: index < 50 ? 200 : 503,
          headers: { 'retry-after': '5' },
        });
      }
      return run.diagnose();
    },
  },
  {
    rule: 'R2',
    run: () => {
      // 50 get in each 10 s, whoever is there; sessions stay.
      const run = calm();
      const taken = new Map<number, number>();
      for (const index of range(400)) {
        const at = index * 0.1;
        const slot = Math.floor(at / 10);
        const before = taken.get(slot) ?? 0;
        if (before < 50) {
          taken.set(slot, before + 1);
          run.ws({ at, for: 60 });
        } else run.ws({ at, for: 0.05, status: 503 });
      }
      return run.diagnose();
    },
    // Room comes back because sessions end.
    not: () => cappedSessions(400, 50, 40, 10).diagnose(),
  },
  {
    rule: 'R3',
    run: () => {
      const run = calm();
      for (const index of range(100)) run.http({ at: index / 5, status: index < 60 ? 200 : 429 });
      for (const index of range(20)) {
        run.ws({
          at: index / 3,
          for: 13 + ((index * 7) % 11),
          cause: 'lost-fin',
          ws: { idle: 100 * index },
        });
      }
      return run.diagnose();
    },
    // There were drops before.
    not: () => {
      const run = calm();
      for (const index of range(100)) run.http({ at: index / 5, status: index < 60 ? 200 : 429 });
      for (const index of range(20)) {
        run.ws({
          at: index / 3,
          for: 0.5 + ((index * 7) % 19),
          cause: 'lost-fin',
          ws: { idle: 100 * index },
        });
      }
      return run.diagnose();
    },
  },
  {
    rule: 'X1',
    run: () => cappedSessions(500, 300, 50, 200).diagnose(),
    // Sessions left and their places were taken.
    not: () => cappedSessions(500, 100, 50, 20).diagnose(),
  },
  {
    rule: 'C1',
    run: () => cappedSessions(500, 100, 50, 20).diagnose(),
    // Our own bound: nobody was refused.
    not: () => cappedSessions(100, 100, 50, 20).diagnose(),
  },
  {
    rule: 'C2',
    run: () => {
      const run = calm();
      for (const index of range(600)) {
        const open = 1 + Math.floor(index / 6);
        const wait = 20 + open * 20;
        const bad = open > 80 && index % 2 === 0;
        run.http({
          at: index / 20,
          for: wait / 1_000,
          answered: wait,
          status: bad ? 502 : 200,
          openAtStart: open,
        });
      }
      return run.diagnose();
    },
    // Slow from the first on, whatever is under way.
    not: () => {
      const run = calm();
      for (const index of range(600)) {
        run.http({
          at: index / 20,
          for: 2,
          answered: 2_000,
          status: index % 30 === 0 ? 502 : 200,
          openAtStart: 1 + Math.floor(index / 6),
        });
      }
      return run.diagnose();
    },
  },
  {
    rule: 'C3',
    run: () => {
      // 600 in 60 s, 500 at once: the 501st pushes out the first. All ages are 50 s.
      const run = calm();
      for (const index of range(600)) {
        const at = index / 10;
        if (index < 100) run.ws({ at, for: 50.01, cause: 'lost-fin', ws: { idle: 40_000 } });
        else run.ws({ at, for: 100 });
      }
      return run.diagnose();
    },
    // They live 50 s, whoever comes.
    not: () => {
      const run = calm();
      for (const index of range(200)) {
        run.ws({
          at: index / 10,
          for: 50,
          cause: 'lost-fin',
          ws: { idle: 100 + 200 * (index % 17) },
        });
      }
      return run.diagnose();
    },
  },
  {
    rule: 'C4',
    run: () => {
      const run = calm();
      for (const index of range(60)) {
        const lost = index % 4 === 0;
        run.ws({
          at: index / 2,
          for: lost ? 2 + ((index * 13) % 23) : 30,
          ...(lost && { cause: 'lost-rst' as const }),
          ws: { idle: (index * 997) % 9_000 },
        });
      }
      return run.diagnose();
    },
    not: () => {
      const run = calm();
      for (const index of range(60)) run.ws({ at: index / 2, for: 30 });
      return run.diagnose();
    },
  },
  {
    rule: 'T1',
    run: () => cappedSessions(500, 200, 10, 60, { status: 408, for: 30 }).diagnose(),
    // Latencies that merely lie around 30 s.
    not: () => {
      const run = calm();
      for (const index of range(50))
        run.http({ at: index / 5, for: 20 + ((index * 7) % 20), status: 504 });
      return run.diagnose();
    },
  },
  {
    rule: 'T2',
    run: () => {
      const run = calm();
      for (const index of range(20))
        run.http({ at: index / 5, for: 10, status: 408, sent: 9_500, method: 'POST' });
      return run.diagnose();
    },
    not: () => {
      const run = calm();
      for (const index of range(20))
        run.http({ at: index / 5, for: 10, status: 408, sent: 2, method: 'POST' });
      return run.diagnose();
    },
  },
  {
    rule: 'K1',
    run: () => {
      const run = calm();
      for (const index of range(200)) {
        run.http({ at: index / 10, name: 'POST /oauth/token', status: index < 60 ? 200 : 429 });
      }
      return run.diagnose();
    },
    // One for all, and one more when it expired.
    not: () => {
      const run = calm()
        .http({ at: 0, name: 'POST /oauth/token' })
        .http({ at: 30, name: 'POST /oauth/token' });
      for (const index of range(200)) run.http({ at: index / 10 });
      return run.diagnose();
    },
  },
  {
    rule: 'K2',
    run: () => {
      const run = calm();
      for (const vu of range(60)) {
        for (const attempt of range(4)) {
          run.http({
            vu: vu + 1,
            at: 1 + vu / 20 + attempt * 0.5,
            status: 429,
            attempt: attempt + 1,
            ...(attempt > 0 && { waited: 500, asked: 20_000 }),
          });
        }
      }
      return run.diagnose();
    },
    // Polite: as long as asked and spread out.
    not: () => {
      const run = calm();
      for (const vu of range(60)) {
        run.http({ vu: vu + 1, at: 1 + vu / 20, status: 429 });
        const waited = 20_000 + ((vu * 7_919) % 10_000);
        run.http({
          vu: vu + 1,
          at: 1 + vu / 20 + waited / 1_000,
          attempt: 2,
          waited,
          asked: 20_000,
        });
      }
      return run.diagnose();
    },
  },
  {
    rule: 'K3',
    run: () => {
      const run = calm();
      for (const vu of range(50)) {
        for (const turn of range(20)) run.http({ vu: vu + 1, at: turn * 2 + vu / 50 });
        run.http({ vu: vu + 1, at: 40 + vu / 50, status: 401 });
      }
      return run.diagnose();
    },
    // One user's token was revoked.
    not: () => {
      const run = calm();
      for (const vu of range(50))
        for (const turn of range(20)) run.http({ vu: vu + 1, at: turn * 2 });
      run.http({ vu: 3, at: 20.5, status: 401 }).http({ vu: 3, at: 22.5, status: 401 });
      return run.diagnose();
    },
  },
  {
    rule: 'I1',
    run: () => {
      const run = calm();
      for (const index of range(50)) {
        const spoke = 0.5 + ((index * 0.37) % 9);
        run.ws({
          at: index / 5,
          for: spoke + 10,
          cause: 'closed-by-peer',
          ws: { closeCode: 1001, idle: 10_000 },
        });
      }
      return run.diagnose();
    },
    // The script hung up.
    not: () => {
      const run = calm();
      for (const index of range(50)) run.ws({ at: index / 5, for: 10, ws: { idle: 10_000 } });
      return run.diagnose();
    },
  },
  {
    rule: 'L1',
    run: () => {
      const run = calm();
      for (const index of range(30)) {
        run.ws({
          at: index / 2,
          for: 20,
          cause: 'closed-by-peer',
          ws: { closeCode: 1001, idle: 50 + 330 * (index % 13) },
        });
      }
      return run.diagnose();
    },
    not: () => {
      const run = calm();
      for (const index of range(30)) run.ws({ at: index / 2, for: 20 });
      return run.diagnose();
    },
  },
  {
    rule: 'P1',
    run: () => {
      const run = calm();
      for (const index of range(10)) {
        run.ws({
          at: index,
          for: 12,
          cause: 'pong-timeout',
          ws: { closeCode: 1006, silent: 10_000 },
        });
      }
      return run.diagnose();
    },
    // We were too slow ourselves.
    not: () => {
      const run = new MadeRun().seconds(20, () => ({ utilization: 1, delayP99: 12_000 }));
      for (const index of range(10)) {
        run.ws({
          at: index,
          for: 12,
          cause: 'pong-timeout',
          ws: { closeCode: 1006, silent: 10_000 },
        });
      }
      return run.diagnose();
    },
  },
  {
    rule: 'M1',
    run: () => {
      const run = calm();
      for (const index of range(100)) {
        const at = index / 10;
        run.ws({
          at,
          for: index % 2 === 0 ? 30 - at : 50,
          ...(index % 2 === 0 && { cause: 'closed-by-peer' as const }),
          ws: { closeCode: index % 2 === 0 ? 1012 : 1000, idle: (index * 331) % 7_000 },
        });
      }
      return run.diagnose();
    },
    // Our own end.
    not: () => {
      const run = calm();
      for (const index of range(100))
        run.ws({ at: index / 10, for: 30 - index / 10, cause: 'vu-ended' });
      return run.diagnose();
    },
  },
  {
    rule: 'N1',
    run: () => {
      const run = calm();
      for (const index of range(100))
        run.ws({ at: index / 10, connect: index % 10 === 0 ? 1_030 : 2 });
      return run.diagnose();
    },
    // TLS is slow, TCP is not.
    not: () => {
      const run = calm();
      for (const index of range(100)) run.ws({ at: index / 10, connect: 2, tls: 1_030 });
      return run.diagnose();
    },
  },
  {
    rule: 'D1',
    run: () => {
      const run = calm();
      for (const index of range(100)) {
        run.ws({
          at: index / 5,
          firstMessage: 40,
          ws: { turns: 1, turn: 100 + index * 30, firstMessage: 40 },
        } as never);
      }
      return run.diagnose();
    },
    // All of the platform slows down.
    not: () => {
      const run = calm();
      for (const index of range(100)) {
        run.ws({
          at: index / 5,
          answered: 20 + index * 20,
          ws: { turns: 1, turn: 100 + index * 30, firstMessage: 30 + index * 40 },
        });
      }
      return run.diagnose();
    },
  },
  {
    rule: 'C5',
    run: () => {
      const run = calm();
      const headers = { 'retry-after': '30' };
      for (const index of range(20))
        run.http({ at: index, ...(index % 2 === 0 && { status: 503, headers }) });
      return run.diagnose();
    },
    // Nothing is said of when to come back: it may be anything.
    not: () => {
      const run = calm();
      for (const index of range(20))
        run.http({ at: index, ...(index % 2 === 0 && { status: 503 }) });
      return run.diagnose();
    },
  },
  {
    rule: 'W1',
    run: () => calm().http({ at: 1, bytesOut: 20_000, status: 400 }).diagnose(),
    not: () => calm().http({ at: 1, bytesOut: 20_000 }).diagnose(),
  },
];

describe.each(cases)('$rule', ({ rule, run, not }) => {
  test('is found', () => {
    const diagnosis = run();
    expect(rulesOf(diagnosis)).toContain(rule);
    for (const verdict of [...diagnosis.verdicts, ...diagnosis.further]) {
      expect(verdict.title).not.toMatch(/NaN|undefined|Infinity/);
      expect([...verdict.evidence, ...verdict.ruledOut, verdict.next].join('\n')).not.toMatch(
        /NaN|undefined|Infinity/,
      );
    }
  });
  test('is not found in what looks alike', () => {
    expect(rulesOf(not())).not.toContain(rule);
  });
});

test('a healthy run has no verdict', () => {
  const run = calm();
  for (const index of range(200)) run.http({ at: index / 10 }).ws({ at: index / 10, for: 20 });
  const diagnosis = run.diagnose();
  expect(diagnosis.gate.healthy).toBe(true);
  expect(rulesOf(diagnosis)).toEqual([]);
});

test('token calls a script declares for each user are no storm', () => {
  const run = calm();
  for (const index of range(20)) run.http({ at: index, vu: index + 1, name: 'token' });
  expect(rulesOf(run.diagnose())).toContain('K1');
  expect(rulesOf(run.diagnose({}, { tokensPerUser: true }))).not.toContain('K1');
});

test('an empty run has none either', () => {
  expect(rulesOf(new MadeRun().diagnose())).toEqual([]);
});

describe('what runs against the simulator have taught', () => {
  test('requests that go by their URL are alike but for the ids in it', () => {
    const url = (index: number): string => `https://api.example/calls/${index}?page=${index}`;
    const lost = calm();
    for (const index of range(50)) lost.http({ at: index / 5, name: url(index), status: 404 });
    const [first, ...others] = lost.diagnose().verdicts;
    expect([first?.rule, first?.failures, others]).toEqual(['E1', 50, []]);
    // One that has gone among many that are there is no wrong endpoint.
    const one = calm().http({ at: 11, name: url(99), status: 404 });
    for (const index of range(50)) one.http({ at: index / 5, name: url(index) });
    expect(rulesOf(one.diagnose())).not.toContain('E1');
  });

  test.each([
    ['https://a.b/calls/17/x', 'https://a.b/calls/{id}/x'],
    ['https://a.b/c/0f8fad5b-d9cb-469f-a165-70867728950e', 'https://a.b/c/{id}'],
    ['wss://a.b/v1/ivr/caller-12?token=x', 'wss://a.b/v1/ivr/caller-{id}'],
    ['https://a.b/api/v2/conversations', 'https://a.b/api/v2/conversations'],
    ['calls 17', 'calls 17'],
  ])('%s is %s', (name, template) => {
    expect(templateOf(name)).toBe(template);
  });

  test('one request that was refused is less sure to be a wrong endpoint than many', () => {
    const sure = (count: number) => {
      const run = calm();
      for (const index of range(count)) run.http({ at: index, status: 404, name: 'GET /x' });
      return run.diagnose().verdicts[0]?.word;
    };
    expect([sure(1), sure(20)]).toEqual(['likely', 'certain']);
  });

  test('a cap stays one when all leave at once and as many come at that instant', () => {
    const run = calm();
    for (const index of range(200)) {
      const at = index / 10;
      if (index < 100) run.ws({ at, for: (index < 5 ? 25 : 30) - at });
      else run.ws({ at, for: 0.05, status: 503 });
    }
    // They come just before we learn that the others have left.
    for (const index of range(90)) run.ws({ at: 29.9 + index / 1_000, for: 5 });
    expect(rulesOf(run.diagnose())).toContain('C1');
  });

  test('in a rush the target does not take sessions in our order', () => {
    const run = calm();
    for (const index of range(500)) {
      const at = index / 5_000;
      const taken = index < 200 ? index % 10 > 1 : index < 400 && index % 10 <= 1;
      if (taken) run.ws({ at, for: 30 });
      else run.ws({ at, for: 0.05, status: 503 });
    }
    expect(rulesOf(run.diagnose())).toContain('X1');
  });

  test('sessions that are idle for too long at different times are no mass disconnect', () => {
    const run = calm();
    for (const index of range(100)) {
      const at = index / 10;
      const think = 0.5 + ((index * 37) % 85) / 10;
      const ws = { closeCode: 1001, idle: 10_000 };
      run.ws({ at, for: 10 + think, cause: 'closed-by-peer', ws });
    }
    expect(rulesOf(run.diagnose())).toEqual(['I1']);
  });

  test('a lifetime that others outlive is possible at most', () => {
    const run = calm();
    for (const index of range(90)) {
      const at = index / 9;
      if (index % 9 === 0) run.ws({ at, for: 4, cause: 'lost-fin', ws: { idle: index * 10 } });
      else run.ws({ at, for: 30 });
    }
    const [verdict] = run.diagnose().verdicts;
    expect([verdict?.rule, verdict?.word]).toEqual(['L1', 'possible']);
  });

  test('requests that vurun itself sent again at once are no failures', () => {
    const run = calm();
    for (const index of range(20)) {
      run.http({ at: index, cause: 'stale-connection', reusedAfter: 6_000, op: `${index}` });
      run.http({ at: index, op: `${index}` });
    }
    const { verdicts, further, failures } = run.diagnose();
    expect([failures, verdicts, further.map(({ rule }) => rule)]).toEqual([0, [], ['G8']]);
  });

  test('what came before the first failure is looked for in real seconds, whatever the scale', () => {
    const run = new MadeRun().seconds(7, () => ({ utilization: 0.99, delayP99: 900 }));
    for (const index of range(20)) run.http({ at: index / 10 });
    for (const index of range(20))
      run.http({ at: 4 + index / 20, for: 1, cause: 'timeout', phase: 'wait' });
    expect(rulesOf(run.diagnose({}, { timeScale: 0.1 }))).toContain('G3');
  });

  test('times that a sick generator measured accuse nobody', () => {
    const slower = (run: MadeRun): ReturnType<MadeRun['diagnose']> => {
      for (const index of range(100)) {
        run.ws({ at: index / 2, ws: { turns: 1, turn: 20 + index * 20, firstMessage: 12 } });
      }
      return run.diagnose();
    };
    expect(rulesOf(slower(calm()))).toEqual(['D1']);
    const ill = new MadeRun().seconds(60, () => ({ utilization: 0.99, delayP99: 90 }));
    expect(rulesOf(slower(ill))).toEqual(['G0']);
  });

  test('a full machine in which a few of many seconds were late has hurt no number', () => {
    const late = (count: number) =>
      new MadeRun()
        .seconds(90, (second) => ({ hostCpu: 0.99, delayP99: second <= count ? 60 : 10 }))
        .http({ at: 1 })
        .diagnose().gate.healthy;
    expect([late(3), late(9)]).toEqual([true, false]);
  });

  test('a run may have more records than a call may have arguments', () => {
    const many = Array.from({ length: 300_000 }, (_, index) => index);
    expect([least(many), greatest(many), least([]), greatest([], 0)]).toEqual([
      ...[0, 299_999],
      ...[Infinity, 0],
    ]);
  });

  test('a full machine is no verdict as long as the gate finds the generator sound', () => {
    const run = new MadeRun().seconds(20, () => ({ hostCpu: 1, delayP99: 25 })).http({ at: 1 });
    const { gate, verdicts } = run.diagnose();
    expect([gate.healthy, verdicts]).toEqual([true, []]);
  });
});

test('a target is accused half as surely when the generator was ill', () => {
  const well = cappedSessions(500, 100, 50, 20).diagnose();
  const ill = new MadeRun().seconds(60, () => ({ utilization: 0.99, delayP99: 90 }));
  let open: number[] = [];
  for (const index of range(500)) {
    const at = index / 10;
    open = open.filter((end) => end > at);
    if (open.length < 100) {
      open.push(at + 20);
      ill.ws({ at, for: 20 });
    } else ill.ws({ at, for: 0.05, status: 503 });
  }
  const capacity = (diagnosis: typeof well) =>
    [...diagnosis.verdicts, ...diagnosis.further].find(({ rule }) => rule === 'C1');
  expect(capacity(well)?.word).toBe('likely');
  expect(capacity(ill.diagnose())?.word).toBe('cannot tell');
});

test('drops beside refusals are no newcomers pushing others out', () => {
  // Every 9th leaves after 4 s, and the next in line takes the place at once.
  const run = calm();
  let open: number[] = [];
  for (const index of range(200)) {
    const at = index / 20;
    open = open.filter((end) => end > at);
    if (open.length < 64) {
      const lost = index % 9 === 0;
      open.push(at + (lost ? 4 : 60));
      run.ws({ at, for: lost ? 4 : 60, ...(lost && { cause: 'lost-fin' as const }) });
    } else run.ws({ at, for: 0.05, status: 502 });
  }
  expect(rulesOf(run.diagnose())).toContain('C1');
  expect(rulesOf(run.diagnose())).not.toContain('C3');
});
