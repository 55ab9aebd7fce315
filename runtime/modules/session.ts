/**
 * `vurun/session`: what one customer does from beginning to end, be it over HTTP, WebSockets or both,
 * counted as one, and how far each came.
 */
import { Op } from '../contract/ops.ts';
import { nameText, shown } from '../globals/arguments.ts';
import { op } from '../host.ts';
import { outsideInit } from './judge.ts';
import { Counter, Rate, Trend } from './metrics.ts';

/** What a session's function is handed. */
export interface SessionSteps {
  /** `name#vu-number`: the records of attempts made meanwhile carry it. */
  readonly id: string;
  /**
   * The session has come so far: counts one in `session_stages` and the time since its start in
   * `session_stage_time`. A stage that comes again in the same session is not counted again.
   */
  stage(name: string): void;
}

const started: Counter = /* @__PURE__ */ new Counter('sessions');
const failed: Rate = /* @__PURE__ */ new Rate('session_failed');
const duration: Trend = /* @__PURE__ */ new Trend('session_duration', true);
const stages: Counter = /* @__PURE__ */ new Counter('session_stages');
const stageTime: Trend = /* @__PURE__ */ new Trend('session_stage_time', true);

/** Checked with every call, because what is passed over silently is missed only in the summary. */
function requireName(call: string, name: unknown): void {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`${call}: name must be text that is not empty, not ${shown(name)}`);
  }
}

/**
 * Runs `fn` as one session and returns what it returns: it is counted as started, then as failed when it
 * throws, or as completed. HTTP requests and WebSockets begun meanwhile are noted as parts of it; a VU's
 * sessions are meant to follow one another, and of several at once the one begun last has them.
 */
export async function session<T>(
  name: string,
  fn: (t: SessionSteps) => T | PromiseLike<T>,
): Promise<T> {
  requireName('session(name, fn)', name);
  if (typeof fn !== 'function') {
    throw new TypeError(`session(name, fn): fn must be a function, not ${shown(fn)}`);
  }
  outsideInit('session');
  const tags = { session: name };
  const startedAt = op(Op.now) as number;
  const id = op(Op.sessionEnter, nameText(name)) as string;
  const seen = new Set<string>();
  started.add(1, tags);
  let isFailed = true;
  try {
    const result = await fn({
      id,
      stage(stage: string): void {
        requireName('stage(name)', stage);
        if (seen.has(stage)) return;
        seen.add(stage);
        const told = { session: name, stage };
        stages.add(1, told);
        stageTime.add((op(Op.now) as number) - startedAt, told);
      },
    });
    isFailed = false;
    return result;
  } finally {
    op(Op.sessionLeave, nameText(id));
    failed.add(isFailed, tags);
    duration.add((op(Op.now) as number) - startedAt, tags);
  }
}
export default session;
