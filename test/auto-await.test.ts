import { readdirSync } from 'node:fs';
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
