/** The names of k6's modules against its published types; the table is in `k6-surface/k6-surface.ts`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { k6Modules } from '../src/script/bundle.ts';
import { notYet, stale } from './k6-surface/k6-surface.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

test('every module of k6 that a script can import is held against its types', () => {
  // The published types do not have x509.
  const typed = Object.keys(k6Modules).filter((name) => name !== 'k6/crypto/x509');
  expect(Object.keys(notYet).sort()).toEqual(typed.sort());
});

test('every name in them is there, or in the table with its reason', () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'test/k6-surface'],
    { cwd: root, encoding: 'utf8' },
  );
  expect(stdout).toBe('');
  expect([status, stale]).toEqual([0, true]);
});
