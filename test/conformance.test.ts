/**
 * The conformance suite: k6 scripts with what k6 does with them. To add one, put the script into a folder of
 * `test/conformance/` and its expectation, written from k6's documented behaviour, into `expected.ts` there.
 * With K6_BIN naming a k6 binary, each script runs under k6 too, and both traces are compared.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { allCases, type NamedCase } from './conformance/case.ts';
import { type Difference } from './conformance/differences.ts';
import { against, between, explain } from './conformance/judge.ts';
import { type Runner, traceOf } from './conformance/trace.ts';
import { folder } from './support/cli.ts';

const dir = folder({});
execFileSync(
  'openssl',
  'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out crt -days 2 -subj /CN=peer -addext subjectAltName=IP:127.0.0.1'.split(
    ' ',
  ),
  { cwd: dir, stdio: 'ignore' },
);
const tls = {
  key: readFileSync(join(dir, 'key'), 'utf8'),
  cert: readFileSync(join(dir, 'crt'), 'utf8'),
};

const cases = await allCases();
const k6 = process.env['K6_BIN'];
const used = new Set<Difference>();
const explained: string[] = [];

async function judge(one: NamedCase, beside: Runner | undefined): Promise<string[]> {
  const run = await traceOf(one, { tls });
  const lines = [
    ...against(one, run),
    ...(beside === undefined ? [] : between(one, await traceOf(one, beside), run)),
  ];
  const { unexplained, used: rows } = explain(one.name, lines);
  for (const row of rows) {
    used.add(row);
    explained.push(`${one.name}: ${row.reason}`);
  }
  return unexplained;
}

describe.concurrent('as in k6', () => {
  test.each(cases)('$name', async (one) => {
    const beside = k6 === undefined ? undefined : { k6, tls };
    expect(await judge(one, beside)).toEqual([]);
  });

  afterAll(() => {
    if (explained.length > 0) {
      console.log(`Known differences from k6:\n  ${[...new Set(explained)].sort().join('\n  ')}`);
    }
  });
});
