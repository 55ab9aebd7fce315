import type { RemoteModule } from './remote.ts';

/** One program: the guest runtime and the user's script, bundled. It is the same for every VU. */
export interface Program {
  /** Absolute path of the user's main file. */
  scriptPath: string;
  /** The directory relative paths of `open()` start from. */
  scriptDir: string;
  /** What absolute paths of `open()` are below; empty but for archives. */
  openRoot?: string;
  /** The user's files in it, absolute. */
  sources: readonly string[];
  /** What came from the network, by URL. */
  modules: readonly [url: string, module: RemoteModule][];
  /** JavaScript for QuickJS, evaluated as a global script under the name `bundleName`. */
  code: string;
  /** Source map of `code`, JSON. */
  sourceMap: string;
  /** Names the script exports as far as the bundler can tell. */
  exportNames: readonly string[];
  /** Warnings of the bundler, each one sentence with file:line. */
  warnings: readonly string[];
}

/** The file name QuickJS prints in stack traces for the bundle. */
export const bundleName = 'vurun:bundle';
