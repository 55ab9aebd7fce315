/** What a VU does not keep for itself: source texts lie with the host, names and code once in a cell. */
import { describe, expect, it } from 'vitest';
import type { GuestHost } from '../src/sandbox/quickjs.ts';
import { Template } from '../src/sandbox/template.ts';
import { runScript, said } from './support/cli.ts';

const guestLimits = { memoryBytes: 6.4e7, stackBytes: 131_072, turnMs: 20_000, initMs: 20_000 };

/** Guests that answer each delivery with what `reply(id)` returns, as text. */
function guests(program: string, vusPerCell = 4) {
  const made = new Template({
    code: `const op = __vurun_op; delete globalThis.__vurun_op; delete globalThis.__vurun_mail;
op(0, (kind, id) => op(1, String(reply(id))));
${program}`,
    name: 'x.js',
    guestLimits,
    vusPerCell,
    forkRule: () => 'free',
  });
  return {
    made,
    async spawn() {
      const heard: string[] = [];
      const host: GuestHost = {
        op(_code, args) {
          heard.push(args.string(0));
          return undefined;
        },
        opCrashed: () => undefined,
        entered: () => undefined,
        left: () => undefined,
      };
      const { guest, end } = await made.spawn(host);
      expect(end).toEqual({ kind: 'ok' });
      return {
        guest,
        ask(id: number) {
          expect(guest.cell.deliver(guest, 1, id, undefined)).toEqual({ kind: 'ok' });
          return heard.pop();
        },
      };
    },
  };
}

/** How often a text stands in a copy of the memory of a cell that is full. */
async function timesInMemory(program: string, wanted: Buffer): Promise<number> {
  const { spawn } = guests(program, 32);
  const all = [];
  for (let i = 0; i < 32; i++) all.push(await spawn());
  const memory = Buffer.from((all[0] as (typeof all)[0]).guest.cell.snapshot([]).bytes);
  let times = 0;
  for (let at = memory.indexOf(wanted); at >= 0; at = memory.indexOf(wanted, at + 1)) times++;
  return times;
}

describe('a cell', () => {
  it('keeps a name and code once for all its guests, and no source text', async () => {
    const program = `globalThis.someLongNameOfOurs = 1;
const outside = 1; function reply(id) { /* a remark */ return id + outside + 0x5eed_c0d_e; }`;
    // What was freed may still lie there until it is used again; live copies would be 32.
    for (const wanted of ['someLongNameOfOurs', 'a remark', '\xde\xc0\xed\x5e']) {
      expect(await timesInMemory(program, Buffer.from(wanted, 'latin1'))).toBeLessThan(8);
    }
  });
});

describe('garbage that refers to itself', () => {
  it('is collected before it weighs as much as the VU', async () => {
    const program = `
const reply = (times) => { for (let i = 0; i < times; i++) { const it = {}; it.self = it; } return 'done'; };`;
    const { spawn } = guests(program, 32);
    const all: Awaited<ReturnType<typeof spawn>>[] = [];
    for (let i = 0; i < 32; i++) all.push(await spawn());
    const { cell } = (all[0] as (typeof all)[0]).guest;
    const before = cell.snapshot([]).bytes.byteLength;
    for (const one of all) expect(one.ask(5_000)).toBe('done');
    expect(cell.snapshot([]).bytes.byteLength).toBeLessThan(2 * before);
  });
});

describe('a guest that shares its names', () => {
  const program = `
const keep = {}; const symbols = [Symbol('own'), Symbol.for('known'), Symbol.iterator];
const expression = new RegExp('keepMe'); const wide = { 'Grün€': 1 }; const weak = new WeakMap([[keep, 1]]);
function reply(id) {
  if (id === 0) {
    // Names come and go, more than its table was made for.
    for (let i = 0; i < 40_000; i++) keep['key' + i] = i;
    for (let i = 0; i < 40_000; i += 2) delete keep['key' + i];
  }
  const { length } = Object.keys(keep);
  let sum = 0;
  for (let i = 0; i < 40_000; i++) sum += keep['key' + i] ?? 0;
  const all = { keepMe: 2, ...wide, [symbols[0]]: 3, [symbols[1]]: 4 };
  return [length, sum, 'keep' + 'Me' in all, expression.test('keepMe'), expression.source, all['Gr' + 'ün€'],
    all[symbols[0]], all[Symbol.for('kno' + 'wn')], weak.get(keep), JSON.stringify(all), symbols[0].description];
}`;
  const same = 'true,true,keepMe,1,3,4,1,{"keepMe":2,"Grün€":1},own';

  it('finds all of them, however many it makes, and disturbs no other', async () => {
    const { spawn, made } = guests(program);
    const all = [];
    for (let i = 0; i < 12; i++) all.push(await spawn());
    expect(made.facts.forked).toBe(8);
    for (const [i, one] of all.entries()) if (i % 3 === 0) one.ask(0);
    for (const [i, one] of all.entries()) {
      expect(one.ask(1)).toBe(i % 3 === 0 ? `20000,400000000,${same}` : `0,0,${same}`);
    }
    for (const one of all) expect(one.guest.cell.broken).toBe(undefined);
  });

  it('goes without taking names from the others, and its successor takes them up again', async () => {
    const { spawn, made } = guests(program);
    const all = [];
    for (let i = 0; i < 8; i++) all.push(await spawn());
    // The first is the one whose names they share; the others are of either cell.
    for (const i of [0, 2, 5]) {
      const { guest } = all[i] as (typeof all)[0];
      made.dispose(guest);
      expect(guest.cell.broken).toBe(undefined);
    }
    for (const i of [1, 3, 4, 6, 7]) {
      expect((all[i] as (typeof all)[0]).ask(0)).toBe(`20000,400000000,${same}`);
    }
    const successors = [await spawn(), await spawn(), await spawn()];
    for (const one of successors) expect(one.ask(1)).toBe(`0,0,${same}`);
    for (const one of [...all.filter((_, i) => ![0, 2, 5].includes(i)), ...successors]) {
      made.dispose(one.guest);
      expect(one.guest.cell.broken).toBe(undefined);
    }
    expect(made.facts.cells).toBe(0);
  });

  it('is one whose initialisation made the same names; others keep their own', async () => {
    const { spawn } = guests(
      `const own = {}; own['n' + op(9, 'which')] = 1; const reply = () => Object.keys(own).join();`,
    );
    const all = [await spawn(), await spawn(), await spawn()];
    for (const one of all) expect(one.ask(1)).toBe('nundefined');
  });
});

describe('a guest that shares its code', () => {
  const program = `
const limit = 3; let top = 1; var count = 0; const never = new Promise(() => {});
function* numbers(from) { try { for (let i = from; i < 1e9; i++) yield [i, top++]; } finally { count = -1; } }
const started = numbers(5); started.next();
async function* later() { yield 1; await never; }
later().next();
let woken; async function waits() { const got = await new Promise((done) => { woken = done; }); return got + limit; }
const asleep = waits();
class Base { #own = 1; static made = 0; constructor() { Base.made++; } get own() { return this.#own++; } static { this.first = true; } }
class Derived extends Base { own2 = super.own + limit; }
const table = {};
for (let i = 0; i < 50; i++) table['f' + i] = { [i]: (a, b = i, ...rest) => { try { return a + b + rest.length + top * 0; } catch {
  return 0; } } }[i];
function deep(n) {
  if (n > 0) return deep(n - 1);
  throw new Error('here');
}
function where() {
  try { deep(2); } catch (error) { return error.stack.match(/:\\d+:/g).slice(0, 4).join(''); }
}
const fresh = () => eval('(function (x) { return function () { return x + limit; }; })')(1)();
function reply(id) {
  if (id === 0) {
    // What was shared dies here, and its place is taken by others.
    for (const key of Object.keys(table)) if (key !== 'f7') delete table[key];
    for (let i = 0; i < 300; i++) { fresh(); new Function('a', 'return a + ' + i)(1); ({ x: 'y'.repeat(i) }); }
    delete globalThis.gone;
  }
  return [started.next().value, table.f7(1), table.f7(1, 2, 3), new Derived().own2, Base.made, Base.first, where(), fresh(),
    Object.keys(table).length];
}
globalThis.gone = function gone() { return function inner() { return limit; }; };`;
  const first = (made: number, tables: number) =>
    `${5 + made},${1 + made},8,4,4,${made},true,:18::17::17::21:,4,${tables}`;

  it('computes, throws with its lines, goes on where it was, and loses functions', async () => {
    const { spawn, made } = guests(program);
    const all = [];
    for (let i = 0; i < 12; i++) all.push(await spawn());
    const before = all.map((one) => one.ask(1));
    expect(new Set(before).size).toBe(1);
    for (const [i, one] of all.entries()) if (i % 2 === 0) one.ask(0);
    const after = all.map((one, i) => [i % 2, one.ask(1)] as const);
    expect(before[0]).toBe(first(1, 50));
    for (const [odd, said] of after) expect(said).toBe(odd === 1 ? first(2, 50) : first(3, 1));
    for (const i of [0, 3, 5, 10]) made.dispose((all[i] as (typeof all)[0]).guest);
    for (const i of [1, 2, 4, 6, 7, 8, 9, 11]) {
      const one = all[i] as (typeof all)[0];
      expect(one.ask(0)).toBe(i % 2 === 1 ? first(3, 1) : first(4, 1));
      expect(one.guest.cell.broken).toBe(undefined);
    }
    expect((await spawn()).ask(1)).toBe(first(1, 50));
  });

  it('leaves the heap whole when functions die, in every cell', async () => {
    const { spawn, made } = guests(
      `let all = [${Array.from({ length: 200 }, (_, i) => `(a) => {\n  const b = a.b${i};\n  return () => b + ${i};\n}`).join()}];
function reply(id) { if (id === 0) all = []; return all.length; }`,
      2,
    );
    const all = [];
    for (let i = 0; i < 6; i++) all.push(await spawn());
    expect(made.facts.forked).toBe(4);
    for (const { guest, ask } of all) {
      const before = guest.cell.chunks().length;
      expect([ask(1), ask(0), ask(1)]).toEqual(['200', '0', '0']);
      // All that is in use can still be walked through, from the first to the last.
      const left = before - guest.cell.chunks().length;
      expect(left).toBeGreaterThan(500);
      expect(left).toBeLessThan(before);
    }
    for (const { guest } of all) {
      made.dispose(guest);
      expect(guest.cell.broken).toBe(undefined);
    }
  });
});

describe('toString of a function', () => {
  it('gives its source in every VU, as if the VU had it', async () => {
    const run = await runScript(
      `
import { sleep } from 'vurun';
function plain(one, two) { /* ä */ return one + two; }
async function later() { await null; }
function* some() { yield 1; }
const arrow = (x) => x * 2;
class Animal { #secret = 1; static all = []; speak() { return 'no'; } get secret() { return this.#secret; } }
const made = new Function('a', 'return a');
const bound = plain.bind(null);
const odd = eval('(function odd() { return 3; })');
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 40, iterations: 1 } } };
export default function () {
  const { get } = Object.getOwnPropertyDescriptor(Animal.prototype, 'secret');
  const lateMade = new Function('b', 'return b');
  const fails = [];
  for (const no of [{}, 1, undefined]) {
    try { Function.prototype.toString.call(no); } catch (error) { fails.push(error.name); }
  }
  const own = Object.getOwnPropertyDescriptor(Function.prototype, 'toString');
  console.log(JSON.stringify([
    [plain, later, some, arrow, Animal, Animal.prototype.speak, get, made, odd, lateMade, () => 1].map(String),
    [bound, Math.max, Function.prototype.toString, new Proxy(plain, {}), class extends Animal {}].map(String),
    fails, own.value.name, own.value.length, own.writable, own.enumerable, own.configurable,
    'prototype' in own.value, plain(1, 2), \`\${arrow}\`,
  ]));
}`,
      ['--shards', '1'],
    );
    expect(run.exitCode).toBe(0);
    const lines = said(run);
    expect(lines).toHaveLength(40);
    expect(new Set(lines).size).toBe(1);
    const [texts, others, ...rest] = JSON.parse(lines[0] as string) as [string[], string[]];
    expect(texts.map((text) => text.replace(/\s+/g, ' '))).toEqual([
      'function plain(one, two) { return one + two; }',
      'async function later() { await null; }',
      'function* some() { yield 1; }',
      '(x) => x * 2',
      expect.stringMatching(/^class .*\{ #secret = 1; static all = \[\]; speak\(\) .* \}$/),
      'speak() { return "no"; }',
      'get secret() { return this.#secret; }',
      'function anonymous(a ) { return a }',
      'function odd() { return 3; }',
      'function anonymous(b ) { return b }',
      '() => 1',
    ]);
    const native = (name: string) => `function ${name}() {\n    [native code]\n}`;
    expect(others[1]).toBe(native('max'));
    expect(others[2]).toBe(native('toString'));
    expect(others[3]).toBe(native('plain'));
    expect(rest).toEqual([
      ['TypeError', 'TypeError', 'TypeError'],
      'toString',
      0,
      true,
      false,
      true,
      false,
      3,
      '(x) => x * 2',
    ]);
  });
});
