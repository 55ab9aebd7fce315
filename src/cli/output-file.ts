import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../errors.ts';

/** Why a file cannot be written, in words that do not repeat its name. */
function reasonOf(thrown: unknown, path: string): string {
  switch ((thrown as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return `the directory ${dirname(path)} does not exist; create it first`;
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOSPC':
      return 'no space is left on the device';
    case 'ENOTDIR':
      return `${dirname(path)} is not a directory`;
    default:
      return messageOf(thrown);
  }
}

/** Where a file really is (links followed), and whether it may be replaced by a rename. */
function target(path: string): { path: string; replaceable: boolean } {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { path, replaceable: true };
  if (found.isDirectory()) throw new Error('it is a directory');
  // Devices and pipes, such as /dev/stdout, are written to and never replaced.
  return found.isFile()
    ? { path: realpathSync(path), replaceable: true }
    : { path, replaceable: false };
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Undefined when `writeWhole` could write this file now, otherwise why it could not. */
export function writableProblem(cwd: string, name: string): string | undefined {
  const full = resolve(cwd, name);
  try {
    const { path, replaceable } = target(full);
    if (!replaceable) {
      accessSync(path, constants.W_OK);
      return undefined;
    }
    // A file that is read-only stays untouched, although a rename could replace it.
    if (statSync(path, { throwIfNoEntry: false })) accessSync(path, constants.W_OK);
    const temporary = temporaryName(path);
    closeSync(openSync(temporary, 'wx'));
    unlinkSync(temporary);
    return undefined;
  } catch (thrown) {
    return reasonOf(thrown, full);
  }
}

/**
 * Writes a file so that a reader sees the old one or the whole new one, never half of it. Throws an
 * Error with a reason in words.
 */
export function writeWhole(cwd: string, name: string, data: string | Uint8Array): void {
  const full = resolve(cwd, name);
  try {
    const { path, replaceable } = target(full);
    if (!replaceable) {
      writeFileSync(path, data);
      return;
    }
    const temporary = temporaryName(path);
    try {
      writeFileSync(temporary, data, { flag: 'wx' });
      renameSync(temporary, path);
    } catch (thrown) {
      try {
        unlinkSync(temporary);
      } catch {
        // It was never made, or the disk is gone: the first error says more.
      }
      throw thrown;
    }
  } catch (thrown) {
    throw new Error(reasonOf(thrown, full), { cause: thrown });
  }
}

/** A file that grows line by line, such as a log. */
export interface LineFile {
  /** Never throws; the first failure is told to `onError` and ends the writing. */
  write(text: string): void;
  close(): void;
}

/** Opens a file to append to; returns the reason in words when that fails. */
export function openLineFile(
  cwd: string,
  name: string,
  onError: (reason: string) => void,
): LineFile | string {
  const full = resolve(cwd, name);
  let fd: number | undefined;
  try {
    fd = openSync(full, 'a');
  } catch (thrown) {
    return reasonOf(thrown, full);
  }
  const close = () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  return {
    // Written at once: nothing queues up, and nothing is lost when the process is ended.
    write(text) {
      if (fd === undefined) return;
      try {
        const bytes = Buffer.from(text);
        let at = 0;
        while (at < bytes.length) at += writeSync(fd, bytes, at);
      } catch (thrown) {
        close();
        onError(reasonOf(thrown, full));
      }
    },
    close,
  };
}
