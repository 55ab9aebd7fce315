/** Errors of the script on their way to the host, as name, message and stack. */
import { FailureKind, type FailureKindCode, Op } from './contract/ops.ts';
import { lineOf } from './globals/console.ts';
import { op } from './host.ts';

const stackLengthMax = 4_000;
const messageLengthMax = 4_000;

/** Text of anything, even of things whose conversion throws. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function clean(text: unknown, lengthMax: number): string {
  return textOf(text).slice(0, lengthMax).replaceAll('\0', '\\0');
}

/** Tells the host that script code threw. */
export function fail(kind: FailureKindCode, thrown: unknown): void {
  let name = '';
  let message = '';
  let stack = '';
  // Whatever was thrown belongs to the script: reading it may throw again.
  try {
    if (thrown instanceof Error) {
      name = clean(thrown.name, 200);
      message = clean(thrown.message, messageLengthMax);
      stack = clean(thrown.stack ?? '', stackLengthMax);
    } else {
      message = clean(lineOf([thrown]), messageLengthMax);
    }
  } catch {
    message = 'an error that cannot be read';
  }
  op(Op.failed, kind, name, message, stack);
}

/** An exception of a timer or an event handler: nobody waits for it, so it goes to the host. */
export function stray(thrown: unknown): void {
  fail(FailureKind.stray, thrown);
}
