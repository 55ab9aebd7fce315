/** The engine's code: compiled once in a process, and handed to every thread. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export type EngineModule = WebAssembly.Module;

let compiled: Promise<EngineModule> | undefined;

/** The compiled engine; compiles it unless it was given. */
export function engineModule(): Promise<EngineModule> {
  compiled ??= WebAssembly.compile(
    readFileSync(
      createRequire(import.meta.url).resolve('@jitl/quickjs-ng-wasmfile-release-sync/wasm'),
    ),
  );
  return compiled;
}

/** What another thread compiled is good here too. */
export function useEngineModule(module: EngineModule): void {
  compiled = Promise.resolve(module);
}
