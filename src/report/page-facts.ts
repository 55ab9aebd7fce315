import { type Attempt, defaultIdHeaders } from '../attempts/contract.ts';
import { answeredIn } from '../diagnosis/answer.ts';
import { limits } from '../limits.ts';
import type { AttemptFacts, CloseGroup, FailureRow, LimitRow } from './page-data.ts';

/** Reads what the page shows of records of attempts. `startedAt` is milliseconds since 1970. */
export function attemptFacts(attempts: readonly Attempt[], startedAt: number): AttemptFacts {
  const failed = attempts.filter((attempt) => attempt.failed);
  const asked = attempts.filter(
    (attempt) => attempt.asked !== undefined && attempt.waited !== undefined,
  );
  const obeyed = asked.filter(({ asked: ask = 0, waited = 0 }) => waited >= ask * 0.98).length;
  return {
    records: attempts.length,
    failureTimes: failed.map(({ total, initiator, cause, status }) => ({
      ms: short(total),
      initiator,
      cause,
      status,
    })),
    closes: closeGroups(attempts),
    steps: steps(attempts),
    refusedIn: Object.fromEntries(
      failed
        .filter(({ kind, status }) => kind === 'ws' && status !== 101)
        .map(({ cause, status, phase }) => [`${cause} ${status}`, phase]),
    ),
    limits: evenly(
      attempts.flatMap((attempt) => limitRow(attempt, startedAt)),
      limits.reportLimitRows,
    ),
    obeyed,
    violated: asked.length - obeyed,
    tries: tries(attempts),
    failures: firstAndLast(failed, startedAt),
  };
}

function closeGroups(attempts: readonly Attempt[]): CloseGroup[] {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    if (attempt.kind !== 'ws' || attempt.ws === undefined || attempt.status !== 101) continue;
    const key = `${attempt.ws.closeCode} ${attempt.initiator} ${attempt.cause}`;
    const group = groups.get(key);
    if (group) group.push(attempt);
    else groups.set(key, [attempt]);
  }
  return [...groups.values()].map((group) => {
    const { initiator, cause, ws } = group[0] as Attempt;
    return {
      code: ws?.closeCode ?? 0,
      by: initiator,
      cause,
      age: median(group.map(({ total }) => total)) ?? 0,
      idle: median(group.flatMap((attempt) => attempt.ws?.idle ?? [])),
    };
  });
}

function steps(attempts: readonly Attempt[]): AttemptFacts['steps'] {
  const sockets = attempts.filter(({ kind }) => kind === 'ws');
  const found = {
    dns: median(sockets.flatMap(({ dns }) => dns ?? [])),
    connect: median(sockets.flatMap(({ connect }) => connect ?? [])),
    tls: median(sockets.flatMap(({ tls }) => tls ?? [])),
    upgrade: median(
      sockets.flatMap(({ status, answered, sent }) =>
        status === 101 && answered !== undefined && sent !== undefined ? answered - sent : [],
      ),
    ),
    message: median(
      sockets.flatMap(({ answered, ws }) =>
        answered !== undefined && ws?.firstMessage !== undefined ? ws.firstMessage - answered : [],
      ),
    ),
  };
  return Object.fromEntries(
    Object.entries(found).filter(([, value]) => value !== undefined),
  ) as AttemptFacts['steps'];
}

function limitRow(attempt: Attempt, startedAt: number): LimitRow[] {
  const { retryAfterMs, count, allowed } = answeredIn(attempt);
  const { status, start, total } = attempt;
  const limited = status === 429 || (attempt.ws?.limited ?? 0) > 0;
  if (!limited && retryAfterMs === undefined && allowed === undefined) return [];
  return [
    { at: short(start + total - startedAt), status, count, allowed, retryAfter: retryAfterMs },
  ];
}

function tries(attempts: readonly Attempt[]): AttemptFacts['tries'] {
  const counts = new Map<number, [count: number, failed: number]>();
  for (const { attempt, failed } of attempts) {
    const known = counts.get(attempt) ?? [0, 0];
    counts.set(attempt, [known[0] + 1, known[1] + (failed ? 1 : 0)]);
  }
  return [...counts]
    .map(([n, [count, failed]]) => [n, count, failed] as const)
    .sort((a, b) => a[0] - b[0]);
}

/** The first and last of each outcome. */
function firstAndLast(failed: readonly Attempt[], startedAt: number): FailureRow[] {
  const kinds = new Map<string, Attempt[]>();
  for (const attempt of failed) {
    const key = `${attempt.kind} ${attempt.cause} ${attempt.status} ${attempt.name}`;
    const known = kinds.get(key);
    if (known) known.push(attempt);
    else kinds.set(key, [attempt]);
  }
  const room = Math.max(2, Math.floor(limits.reportFailures / Math.max(1, kinds.size)));
  const half = Math.min(limits.reportFailureEnds, Math.floor(room / 2));
  const chosen = [...kinds.values()].flatMap((all) =>
    all.length <= 2 * half ? all : [...all.slice(0, half), ...all.slice(-half)],
  );
  return chosen
    .sort((a, b) => a.start - b.start)
    .slice(0, limits.reportFailures)
    .map((attempt) => failureRow(attempt, startedAt));
}

function failureRow(attempt: Attempt, startedAt: number): FailureRow {
  const { start, total, kind, method, name, cause, phase, initiator, message } = attempt;
  const { vu, scenario, status, ws, ids = {} } = attempt;
  const code = status === 101 && ws !== undefined ? ws.closeCode : status;
  return {
    at: short(start + total - startedAt),
    total: short(total),
    kind,
    method,
    name,
    outcome: code === 0 ? 'no answer' : String(code),
    cause,
    phase,
    initiator,
    message,
    vu,
    scenario,
    attempt: attempt.attempt,
    open: attempt.openAtEnd,
    ids: Object.fromEntries(Object.entries(ids).sort(([a], [b]) => rankOf(a) - rankOf(b))),
  };
}

function rankOf(header: string): number {
  const at = defaultIdHeaders.indexOf(header);
  return at < 0 ? defaultIdHeaders.length : at;
}

function evenly<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from(
    { length: most },
    (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))] as T,
  );
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  return middle === undefined ? undefined : short(middle);
}

function short(ms: number): number {
  return Math.round(ms * 100) / 100;
}
