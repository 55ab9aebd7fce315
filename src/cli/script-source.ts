import { resolve } from 'node:path';
import type { RemoteSettings } from '../script/remote.ts';
import type { RunSettings } from './command.ts';
import type { Street } from './street.ts';

/** Where a script is to be read from: as it lies there, or out of an archive. */
export interface ScriptSource {
  script: string;
  /** What its paths are relative to when it is bundled, and when they are shown. */
  bundleCwd: string;
  cwd: string;
  remote: RemoteSettings;
  scriptEnv: Record<string, string>;
  /** For absolute paths of `open()`; empty for this machine's own root. */
  openRoot: string;
  /** The options an archive was made with, which stand for the script's. */
  options: Record<string, unknown> | undefined;
  dispose(): Promise<void>;
}

/** Finds out what was named, and unpacks it when it is an archive. */
export async function openScript(
  script: string,
  settings: RunSettings,
  { cwd }: Street,
): Promise<ScriptSource> {
  const isArchive =
    settings.type === 'archive' || (settings.type === undefined && script.endsWith('.tar'));
  if (!isArchive) {
    const { remote, scriptEnv } = settings;
    return {
      ...{ script, bundleCwd: cwd, cwd, remote, scriptEnv, openRoot: '', options: undefined },
      dispose: () => Promise.resolve(),
    };
  }
  const { openArchive } = await import('./archive.ts');
  const archive = await openArchive(resolve(cwd, script), script);
  return {
    script: archive.scriptPath,
    bundleCwd: archive.root,
    cwd: archive.cwd,
    remote: { cacheDir: archive.cacheDir, offline: true, update: false },
    // What was frozen beats the machine, and the command line beats both.
    scriptEnv: { ...settings.scriptEnv, ...archive.env, ...settings.ownEnv },
    openRoot: archive.root,
    options: archive.options,
    dispose: () => archive.dispose(),
  };
}
