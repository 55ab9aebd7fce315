/**
 * `toString` of functions. The host keeps the source texts, once for all VUs, so the engine itself takes
 * every function for a native one.
 */
import { SandboxOp } from '../contract/ops.ts';
import { op } from '../host.ts';

type TextOf = (code: number, callee: unknown) => string | undefined;

/** Called once, before the script's own code. */
export function installFunctionText(): void {
  const { prototype } = Function;
  const native = prototype.toString;
  const { apply } = Reflect;
  // A method, so that it is as little of a constructor as the native one.
  const { toString } = {
    toString(this: unknown): string {
      const text = apply(native, this, []);
      if (this === toString) return text;
      return (op as unknown as TextOf)(SandboxOp.functionText, this) ?? text;
    },
  };
  Object.defineProperty(prototype, 'toString', {
    value: toString,
    writable: true,
    configurable: true,
  });
}
