import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realTrace, type TraceServer, traceServer } from './support/auto-await.ts';
import { oracleTrace } from './support/k6-oracle.ts';

const dir = join(import.meta.dirname, 'scripts/auto-await');
const scripts = readdirSync(dir).filter((name) => name.endsWith('.js'));

let server: TraceServer;
beforeAll(async () => {
  server = await traceServer();
});
afterAll(() => server.close());

describe('a synchronous k6 script does what it does where calls really block', () => {
  test.each(scripts)('%s', async (name) => {
    const path = join(dir, name);
    const expected = await oracleTrace(path, server.base);
    const { trace, ends } = await realTrace(path, dir, server);
    expect(trace).toEqual(expected);
    expect(ends).toEqual(['complete']);
  });
});

const limitsDir = join(import.meta.dirname, 'scripts/auto-await-limits');

/**
 * What cannot be right is said so. The first line of each script tells how: `refused`, when it is
 * compiled, or `stopped`, when it gets there; the line the message is to name; words it is to have.
 */
describe('what cannot wait ends the run, with the place', () => {
  test.each(readdirSync(limitsDir))('%s', async (name) => {
    const path = join(limitsDir, name);
    const head = /^\/\/ (refused|stopped) (\d+): ?(.*)\n/.exec(readFileSync(path, 'utf8'));
    const [, how, line, words = ''] = head as RegExpExecArray;
    const run = realTrace(path, limitsDir, server);
    if (how === 'refused') {
      const message = await run.then(
        () => 'nothing was refused',
        (thrown: Error) => thrown.message,
      );
      expect(message).toMatch(new RegExp(`^${name}:${line}:\\d+: .* has to wait`));
      expect(message).toContain(words);
      return;
    }
    const { trace, ends } = await run;
    // It went right as far as it went.
    expect(trace.filter((text) => /never|caught|finally/.test(text))).toEqual([]);
    const expected = await oracleTrace(path, server.base);
    expect(trace).toEqual(expected.slice(0, trace.length));
    expect(ends.at(-1)).toBe('killed');
    expect(ends[0]).toMatch(new RegExp(`^CannotWait: .* has to wait at ${name}:${line}`));
    expect(ends[0]).toContain(words);
  });
});
