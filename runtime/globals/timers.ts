/** Timers: the host counts the time, the callbacks stay here. A pending timer keeps the iteration alive. */
import { Delivery, Op } from '../contract/ops.ts';
import { stray } from '../errors.ts';
import { callRoot, hold, nextId, onDelivery, onFreshStart, op, unhold } from '../host.ts';

interface Timer {
  run: () => void;
  milliseconds: number;
  kind: 'setTimeout' | 'setInterval' | 'sleep' | 'idle';
}
const timers = new Map<number, Timer>();

// The host's timers count in 32 bits; longer waits (24.8 days) are cut to that.
const longest = 2 ** 31 - 1;

/**
 * Calls `run` once after `milliseconds` (a wrong or negative number counts as 0), or again and again.
 * An 'idle' timer does not keep the iteration alive. Returns the id for `stopTimer`.
 */
export function startTimer(
  run: () => void,
  milliseconds: unknown,
  kind: Timer['kind'],
  id: number = nextId(),
): number {
  // An interval of 0 would never let anything else run.
  const least = kind === 'setInterval' ? 1 : 0;
  const wait = Math.min(Math.max(Number(milliseconds) || 0, least), longest);
  op(Op.timerStart, id, wait);
  timers.set(id, { run, milliseconds: wait, kind });
  if (kind !== 'idle') hold();
  return id;
}

/** Forgets a timer; an id that names none is no error. */
export function stopTimer(id: number | undefined): void {
  const timer = timers.get(Number(id));
  if (timer === undefined) return;
  forget(Number(id), timer);
  op(Op.timerStop, Number(id));
}

function forget(id: number, timer: Timer): void {
  timers.delete(id);
  if (timer.kind !== 'idle') unhold();
}

function fire(id: number): void {
  const timer = timers.get(id);
  if (timer === undefined) return;
  if (timer.kind === 'setInterval') op(Op.timerStart, id, timer.milliseconds);
  else forget(id, timer);
  try {
    timer.run();
  } catch (error) {
    stray(error);
  }
}

/** Lets timers fire; called once by the installer. */
export function listenToTimers(): void {
  onDelivery(Delivery.timer, fire);
  // The host has dropped those of the iteration before, and counts nothing as pending any more.
  onFreshStart(() => timers.clear());
}

function ignore(): void {}

function userTimer<A extends unknown[]>(
  kind: 'setTimeout' | 'setInterval',
  callback: (...args: A) => unknown,
  milliseconds: number | undefined,
  args: A,
): number {
  if (typeof callback !== 'function') {
    throw new TypeError(`${kind}(callback): callback must be a function, not ${typeof callback}`);
  }
  const run = (): void => callRoot(callback, undefined, args, ignore, stray);
  return startTimer(run, milliseconds, kind);
}

/** Calls `callback` once after `milliseconds` (default 0). Returns the id for `clearTimeout`. */
export function setTimeout<A extends unknown[]>(
  callback: (...args: A) => unknown,
  milliseconds?: number,
  ...args: A
): number {
  return userTimer('setTimeout', callback, milliseconds, args);
}

/** Calls `callback` every `milliseconds` (at least 1). Returns the id for `clearInterval`. */
export function setInterval<A extends unknown[]>(
  callback: (...args: A) => unknown,
  milliseconds?: number,
  ...args: A
): number {
  return userTimer('setInterval', callback, milliseconds, args);
}

/** Forgets a timeout; an id that names none is no error. */
export function clearTimeout(id?: number): void {
  stopTimer(id);
}

/** Forgets an interval; an id that names none is no error. */
export function clearInterval(id?: number): void {
  stopTimer(id);
}
