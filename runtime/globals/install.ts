/**
 * Puts the globals that every VU has on `globalThis`. The others come in through `inject.ts`, and only
 * into bundles that use them.
 */
import { console } from './console.ts';
import { installFunctionText } from './function-text.ts';
import { performance } from './performance.ts';
import { clearInterval, clearTimeout, listenToTimers, setInterval, setTimeout } from './timers.ts';

/** Called once by the bootstrap, before the script's own code. */
export function installGlobals(): void {
  installFunctionText();
  listenToTimers();
  const globals = { console, performance, setTimeout, setInterval, clearTimeout, clearInterval };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
}
