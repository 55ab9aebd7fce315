import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realTrace, type TraceServer, traceServer } from './support/auto-await.ts';
import { oracleTrace } from './support/k6-oracle.ts';

const corpus = join(import.meta.dirname, 'scripts/auto-await');
// What is bundled around a CommonJS file asks for k6's modules when it runs, which nothing but k6 can answer.
const scripts = readdirSync(corpus).filter(
  (name) => name.endsWith('.js') && name !== 'helpers-modules.js',
);
const dir = realpathSync(mkdtempSync(join(tmpdir(), 'vurun-variants-')));

let server: TraceServer;
beforeAll(async () => {
  server = await traceServer();
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

/** What people's own build steps make of scripts before vurun sees them. */
describe.each([
  ['with names kept', { keepNames: true }],
  ['lowered to ES2016', { target: 'es2016' }],
  ['minified', { minify: true }],
  ['lowered, minified, with names kept', { target: 'es2016', minify: true, keepNames: true }],
])('a script %s', (variant, options) => {
  test.each(scripts)('%s', async (name) => {
    const path = join(dir, `${variant.replaceAll(/\W+/g, '-')}-${name}`);
    await build({
      entryPoints: [join(corpus, name)],
      outfile: path,
      bundle: true,
      format: 'esm',
      external: ['k6', 'k6/*'],
      logLevel: 'silent',
      ...options,
    });
    const expected = await oracleTrace(path, server.base);
    const { trace } = await realTrace(path, dir, server);
    expect(trace).toEqual(expected);
  });
});
