import { readFileSync } from 'node:fs';

/** vurun's version, from the package this file is part of. */
export function readVersion(): string {
  // The package file stands two folders up from the source and three from the build.
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const found = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (found.name === 'vurun' && found.version) return found.version;
    } catch {
      // Not here; the other place is tried next.
    }
  }
  return 'unknown';
}
