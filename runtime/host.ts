/**
 * The guest's side of the doorway: the captured host function, the mail, and the table of what to do
 * with each kind of delivery. Every other file of the runtime reaches the host through this one.
 */
import { type DeliveryKind, Mail, type OpCode } from './contract/ops.ts';

/** Values that may cross. Bytes leave as ArrayBuffer and arrive as ArrayBuffer. */
export type OpValue = number | string | boolean | ArrayBuffer | undefined;
type RawOp = (code: number, ...args: unknown[]) => OpValue;

const attachCode = 0;
const global = globalThis as unknown as Record<string, unknown>;

// These let a view outlive its memory in the engine's current build (an out-of-bounds read), so they
// go before any code of the user's runs.
delete global['SharedArrayBuffer'];
delete global['Atomics'];
for (const name of ['resize', 'transfer', 'transferToFixedLength']) {
  delete (ArrayBuffer.prototype as unknown as Record<string, unknown>)[name];
}

const raw = global['__vurun_op'] as RawOp;
// The function leaves the global object before any code of the user's runs.
delete global['__vurun_op'];

/** Calls the host. Throws what the host made for the guest: an Error with a message. */
export const op: (code: OpCode, ...args: OpValue[]) => OpValue = raw;

/** Numbers both sides see; see `Mail` and `HttpMail`. The host made its memory. */
export const mail: Float64Array = new Float64Array(global['__vurun_mail'] as ArrayBuffer);
delete global['__vurun_mail'];

/** What it returns goes to the host only as a promise: see `Delivery.iterate`. */
export type Receiver = (id: number, payload: string | ArrayBuffer | undefined) => unknown;
const receivers: (Receiver | undefined)[] = [];

/** Says what a kind of delivery does. Numbers of the delivery stand in `mail` from `Mail.payload` on. */
export function onDelivery(kind: DeliveryKind, receiver: Receiver): void {
  receivers[kind] = receiver;
}

function receive(kind: number, id: number, payload: string | ArrayBuffer | undefined): unknown {
  const receiver = receivers[kind];
  return receiver === undefined ? undefined : receiver(id, payload);
}

(raw as (code: number, receiver: typeof receive) => void)(attachCode, receive);

let lastId = 0;
/** A fresh id for an operation, a resource or a timer of this VU. */
export function nextId(): number {
  return ++lastId;
}

let pending = 0;
/** The event loop waits for one more thing: the iteration does not end before `unhold`. */
export function hold(): void {
  mail[Mail.pending] = ++pending;
}
export function unhold(): void {
  mail[Mail.pending] = --pending;
}

/** So many sessions may still tell something to a function that waits; the iteration may end with them open. */
export function listen(sessions: number): void {
  mail[Mail.listening] = sessions;
}

/** True when a string crosses unharmed: no NUL, no lone surrogate. */
export function crosses(text: string): boolean {
  return !text.includes('\0') && (text as unknown as { isWellFormed(): boolean }).isWellFormed();
}

/** The text with U+FFFD in place of lone surrogates. */
export function wellFormed(text: string): string {
  return (text as unknown as { toWellFormed(): string }).toWellFormed();
}

const forgetters: (() => void)[] = [];
/** What is to be put away when an iteration begins: one that was cut off could not do it itself. */
export function onFreshStart(forget: () => void): void {
  forgetters.push(forget);
}
export function freshStart(): void {
  // The host has given up on whatever was left.
  pending = 0;
  // An index costs the engine a fifth of what an iterator does, and this is done for every iteration.
  for (let i = 0; i < forgetters.length; i++) (forgetters[i] as () => void)();
}

type Ending = (value: unknown) => void;
/**
 * Calls a function of the script that nothing of the script called: an exported one, a timer's. What it
 * returns goes to `ended`, what it throws to `failed`; for code that can block, perhaps later.
 */
export let callRoot: (
  callee: unknown,
  self: unknown,
  args: readonly unknown[],
  ended: Ending,
  failed: Ending,
) => void = (callee, self, args, ended, failed) => {
  let value: unknown;
  try {
    value = Reflect.apply(callee as () => unknown, self, args);
  } catch (thrown) {
    failed(thrown);
    return;
  }
  ended(value);
};
/** Puts another way of calling in its place, for scripts with calls that block. */
export function replaceCallRoot(call: typeof callRoot): void {
  callRoot = call;
}

/** Where the script is in its life; init forbids the network and samples. */
export const life: { phase: 'init' | 'setup' | 'vu' | 'teardown' | 'summary' } = { phase: 'init' };

/** Refuses what needs a running test. */
export function outsideInit(what: string): void {
  if (life.phase === 'init') {
    throw new Error(`Using ${what}() in the init context is not supported`);
  }
}
