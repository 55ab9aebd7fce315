/** What `check` and `group` do besides calling functions of the script; `vurun` and `k6` call those. */
import { Op } from '../contract/ops.ts';
import { nameText, tagsJson } from '../globals/arguments.ts';
import { life, op } from '../host.ts';

export function outsideInit(what: string): void {
  if (life.phase === 'init') {
    throw new Error(`Using ${what}() in the init context is not supported`);
  }
}

function checkName(name: string): void {
  if (name.includes('::')) throw new Error("group and check names may not contain '::'");
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

// More names than this are refused by the host; they need not be remembered here.
const namesKept = 5_000;
const checkIds: Map<string, number> = /* @__PURE__ */ new Map();

/** Looks at what a check was given and says its tags, as JSON. */
export function beginCheck(sets: unknown, tags: unknown): string | undefined {
  if (life.phase === 'init') outsideInit('check');
  if (sets === undefined) throw new TypeError('no checks provided to `check`');
  if (sets === null || typeof sets !== 'object') {
    throw new TypeError('check(value, sets): sets must be an object of checks');
  }
  return tags === undefined ? undefined : tagsJson(tags, 'check(value, sets, tags)');
}

/** Records one check and returns whether it passed. */
export function record(name: string, passed: boolean, tags: string | undefined): boolean {
  let id = checkIds.get(name);
  if (id === undefined) {
    checkName(name);
    id = op(Op.checkName, nameText(name)) as number;
    if (checkIds.size < namesKept) checkIds.set(name, id);
  }
  op(Op.checkAdd, id, passed, tags);
  return passed;
}

/** What one entry of a check says. */
export function verdict(
  value: unknown,
  sets: Record<string, unknown>,
  name: string,
  tags: string | undefined,
): unknown {
  const set = sets[name];
  if (typeof set !== 'function') return set;
  try {
    return (set as (value: unknown) => unknown)(value);
  } catch (error) {
    record(name, false, tags);
    throw error;
  }
}

/** Enters a group; what is returned leaves it, and records how long it took. */
export function enterGroup(name: unknown, fn: unknown): () => void {
  outsideInit('group');
  const title = String(name);
  checkName(title);
  if (typeof fn !== 'function') {
    throw new TypeError('group() requires a callback as a second argument');
  }
  const token = op(Op.groupEnter, nameText(title)) as number;
  return () => {
    op(Op.groupLeave, token);
  };
}
