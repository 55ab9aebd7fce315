/**
 * `vurun.lock.json` beside a script: which modules it takes from the network, and the hash of each.
 * It belongs into version control, so that everybody runs the same code or hears of the difference.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExitCode, messageOf, UserError } from '../errors.ts';

export const lockName = 'vurun.lock.json';

export interface LockedModule {
  /** SHA-256 of the module's bytes, hexadecimal. */
  sha256: string;
  /** Where its relative imports start from, when the server sent us on to another address. */
  from?: string;
}

const version = 1;

/** The modules of a directory's lock file; none when there is no such file. Throws a UserError (107). */
export function readLock(dir: string): Map<string, LockedModule> {
  const path = join(dir, lockName);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw broken(path, messageOf(thrown));
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (thrown) {
    throw broken(path, `it is not JSON (${messageOf(thrown)})`);
  }
  const { version: found, modules } = (content ?? {}) as { version?: unknown; modules?: unknown };
  if (found !== version || typeof modules !== 'object' || modules === null) {
    throw broken(path, `it is no lock file of version ${version}`);
  }
  const locked = new Map<string, LockedModule>();
  for (const [url, entry] of Object.entries(modules as Record<string, unknown>)) {
    const { sha256, from } = (entry ?? {}) as { sha256?: unknown; from?: unknown };
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw broken(path, `the entry of ${url} has no sha256`);
    }
    locked.set(url, typeof from === 'string' ? { sha256, from } : { sha256 });
  }
  return locked;
}

function broken(path: string, why: string): UserError {
  return new UserError(
    ExitCode.scriptException,
    `the lock file ${path} cannot be used: ${why}; delete it to have it written anew`,
  );
}

/** Writes the lock file whole or not at all, sorted, so that a change is a small difference. Throws what `fs` throws. */
export function writeLock(dir: string, modules: ReadonlyMap<string, LockedModule>): void {
  const sorted = [...modules].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify({ version, modules: Object.fromEntries(sorted) }, undefined, 2);
  const path = join(dir, lockName);
  writeFileSync(`${path}.new`, `${text}\n`);
  renameSync(`${path}.new`, path);
}
