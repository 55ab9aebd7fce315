/** VUs are copies of one another, and nothing in a script can tell. */
import { describe, expect, it } from 'vitest';
import type { GuestHost } from '../src/sandbox/quickjs.ts';
import { Template } from '../src/sandbox/template.ts';
import { runScript, said } from './support/cli.ts';

const prelude = `
const op = __vurun_op; delete globalThis.__vurun_op; delete globalThis.__vurun_mail;
op(0, (kind, id) => op(7, kind, id, ++n, JSON.stringify(list)));
let n = 0; const list = [];
`;

function template(code: string, vusPerCell = 4) {
  const asked: string[] = [];
  const made = new Template({
    code: prelude + code,
    name: 'x.js',
    guestLimits: { memoryBytes: 1e7, stackBytes: 131_072, turnMs: 1_000, initMs: 1_000 },
    vusPerCell,
    forkRule: (op) => (op === 1 ? 'free' : op === 2 ? 'replay' : 'bound'),
    onBound: (why) => asked.push(why),
  });
  const heard: string[][] = [];
  const spawn = async () => {
    const own: string[] = [];
    heard.push(own);
    const host: GuestHost = {
      op(code, args) {
        own.push([code, ...Array.from({ length: args.count }, (_, i) => args.value(i))].join());
        return undefined;
      },
      opCrashed: () => undefined,
      entered: () => undefined,
      left: () => undefined,
    };
    return (await made.spawn(host)).guest;
  };
  return { made, spawn, heard, asked };
}

describe('a template', () => {
  it('copies the first cell when it is full, and the copies share nothing', async () => {
    const { made, spawn, heard } = template('op(1, 5); op(2, "kept", 7);');
    const guests = [];
    for (let i = 0; i < 11; i++) guests.push(await spawn());
    expect(made.facts).toMatchObject({ cells: 3, forked: 7 });
    for (const guest of guests) {
      expect(guest.cell.deliver(guest, 3, 9, undefined)).toEqual({ kind: 'ok' });
    }
    guests[5]?.cell.deliver(guests[5], 3, 9, undefined);
    // Asked once by each that evaluated, asked again for each copy; then each counts for itself.
    expect(heard[0]).toEqual(['1,5', '2,kept,7', '7,3,9,1,[]']);
    expect(heard[4]).toEqual(['2,kept,7', '7,3,9,1,[]']);
    expect(heard[5]).toEqual(['2,kept,7', '7,3,9,1,[]', '7,3,9,2,[]']);
    for (const guest of guests) made.dispose(guest);
    expect(made.facts.cells).toBe(0);
  });

  it.each([
    ['a question whose answer belongs to one VU', 'op(3);', 'operation 3'],
    ['the date', 'const started = Date.now();', 'the clock'],
    ['the date, as an object', 'const started = new Date();', 'the clock'],
  ])('makes VUs one by one when init asks for %s', async (_what, code, why) => {
    const { made, spawn, asked } = template(code);
    for (let i = 0; i < 9; i++) await spawn();
    expect(made.facts.forked).toBe(0);
    expect(asked).toEqual([why]);
  });

  it('does not copy a cell in which a guest has begun to work', async () => {
    const { made, spawn } = template('');
    const first = await spawn();
    made.use(first);
    first.cell.deliver(first, 3, 1, undefined);
    for (let i = 0; i < 9; i++) await spawn();
    expect(made.facts.forked).toBe(0);
  });
});

describe('a run of forked VUs', () => {
  it('gives every VU its own number, its own random numbers and its own state', async () => {
    const run = await runScript(
      `
import { exec } from 'vurun';
const seen = [];
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 80, iterations: 2 } } };
export default function () {
  seen.push(__ITER);
  if (__ITER === 1) console.log(JSON.stringify([__VU, exec.vu.idInTest, seen, Math.random()]));
}`,
      ['--shards', '1', '-v'],
    );
    expect(run.exitCode).toBe(0);
    const lines = said(run).map((line) => JSON.parse(line) as [number, number, number[], number]);
    expect(lines.map(([vu]) => vu).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 80 }, (_, i) => i + 1),
    );
    expect(run.stderr).toMatch(
      /shard 0: 80 VUs in 3 cells of up to 32 \(50\.3 MB of address space\), 48 of them copied from a snapshot of \d\.\d MB/,
    );
    for (const [vu, id, seen] of lines) expect([id, seen]).toEqual([vu, [0, 1]]);
    expect(new Set(lines.map(([, , , random]) => random)).size).toBe(80);
  });

  it('evaluates the script in one shard for all', async () => {
    const run = await runScript(
      `
import { exec, sleep } from 'vurun';
import { Counter } from 'vurun/metrics';
import http from 'vurun/http';
const count = new Counter('told');
http.setResponseCallback(http.expectedStatuses(404));
console.log('init');
const text = (async () => 7).toString();
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 120, iterations: 1 } } };
export default async function () {
  // Not all at once, since a flood of lines is cut.
  await sleep(__VU % 5);
  count.add(__VU);
  const response = await http.get(__ENV.TARGET);
  console.log(JSON.stringify([exec.vu.idInTest, Math.random(), text, String(() => 8), response.status]));
}`,
      ['--shards', '3', '-v', '-e', 'TARGET=http://127.0.0.1:1/'],
    );
    expect(run.exitCode).toBe(0);
    const [inits, lines] = [
      said(run).filter((line) => line === 'init'),
      said(run).filter((line) => line !== 'init'),
    ];
    // As k6 does, once more to learn the options; and that a VU is copied must not be seen.
    expect(inits).toHaveLength(121);
    const told = lines.map((line) => JSON.parse(line) as unknown[]);
    expect(new Set(told.map(([vu]) => vu)).size).toBe(120);
    expect(new Set(told.map(([, random]) => random)).size).toBe(120);
    expect(new Set(told.map((each) => JSON.stringify(each.slice(2))))).toEqual(
      new Set([JSON.stringify(['async () => 7', '() => 8', 0])]),
    );
    for (const shard of [0, 1, 2]) {
      const copied = shard === 0 ? 8 : 40;
      expect(run.stderr).toMatch(
        new RegExp(`shard ${shard}: 40 VUs in 2 cells .*, ${copied} of them copied`),
      );
    }
  });

  it('keeps the documents init parsed', async () => {
    const run = await runScript(
      `
import { parseHTML } from 'vurun/html';
const page = parseHTML('<ul><li>a<li>b</ul>');
const items = page.find('li');
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 60, iterations: 2 } } };
export default function () {
  const own = parseHTML('<i>' + __VU);
  const seen = [items.eq(1).text(), page.find('ul').children().size(), own.find('i').text()].join();
  if (seen !== 'b,2,' + __VU) throw new Error(seen);
}`,
      ['--shards', '1', '-v'],
    );
    expect(run.exitCode).toBe(0);
    expect(run.stdout + run.stderr).not.toContain('Error');
    expect(run.stderr).toMatch(/60 VUs in 2 cells .*, 28 of them copied/);
  });
});
