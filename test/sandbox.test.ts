import { describe, expect, it } from 'vitest';
import { GuestError } from '../src/errors.ts';
import type { OpArgs, OpResult } from '../src/sandbox/contract.ts';
import { Cell, type EntryEnd, type GuestHost, type GuestLimits } from '../src/sandbox/quickjs.ts';

const small: GuestLimits = {
  memoryBytes: 8 * 1024 * 1024,
  stackBytes: 128 * 1024,
  turnMs: 300,
  initMs: 300,
};

function hostOf(
  answer: (code: number, args: OpArgs) => OpResult,
): GuestHost & { crashes: unknown[] } {
  const crashes: unknown[] = [];
  return {
    op: answer,
    opCrashed: (_code, thrown) => crashes.push(thrown),
    entered: () => undefined,
    left: () => undefined,
    crashes,
  };
}

const prelude = `
  const op = __vurun_op; delete globalThis.__vurun_op;
  const mail = new Float64Array(__vurun_mail); delete globalThis.__vurun_mail;
  let got; const on = (f) => { got = f };
  op(0, (kind, id, payload) => got && got(kind, id, payload));
`;

async function guestOf(host: GuestHost, limits = small) {
  const cell = await Cell.create();
  const guest = cell.newGuest(host, limits);
  const end = cell.evaluate(guest, prelude, 'prelude.js');
  expect(end).toEqual({ kind: 'ok' });
  const run = (code: string): EntryEnd => {
    const first = cell.evaluate(guest, code, 'main.js');
    return first.kind === 'ok' ? cell.runJobs(guest) : first;
  };
  return { cell, guest, run };
}

describe('a guest', () => {
  it('hands numbers, strings, booleans, bytes and undefined to the host and back', async () => {
    const seen: unknown[] = [];
    const host = hostOf((code, args) => {
      if (code === 1) {
        seen.push(args.number(0), args.string(1), args.boolean(2), args.isUndefined(3), [
          ...args.bytes(4),
        ]);
        return undefined;
      }
      return [1.5, -7, 'grüße €😀', true, false, new Uint8Array([1, 2, 255]), undefined][
        args.number(0)
      ];
    });
    const { run, cell, guest } = await guestOf(host);
    expect(
      run(`
        op(1, -0.25, 'a€😀', true, undefined, new Uint8Array([9, 8]).buffer);
        const back = [0,1,2,3,4,5,6].map((i) => op(2, i));
        back[5] = [...new Uint8Array(back[5])];
        op(1, back.length, JSON.stringify(back), false, 1, new ArrayBuffer(0));
      `),
    ).toEqual({ kind: 'ok' });
    expect(seen.slice(0, 5)).toEqual([-0.25, 'a€😀', true, true, [9, 8]]);
    expect(seen[6]).toBe(JSON.stringify([1.5, -7, 'grüße €😀', true, false, [1, 2, 255], null]));
    cell.free(guest);
    expect(cell.broken).toBeUndefined();
  });

  it.each([
    0,
    1,
    -1,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31,
    0.1,
    -1e300,
    5e-324,
    Number.NaN,
    Infinity,
    -Infinity,
  ])('hands over the number %d exactly', async (value) => {
    let seen: number | undefined;
    const host = hostOf((code, args) => {
      if (code === 2) return value;
      seen = args.number(0);
      return undefined;
    });
    const { run } = await guestOf(host);
    run('op(1, op(2))');
    expect(seen).toBe(value);
  });

  it('keeps NUL in text that comes from the host', async () => {
    let seen = '';
    const host = hostOf((code, args) => {
      if (code === 2) return 'a\0b';
      seen = args.string(0);
      return undefined;
    });
    const { run } = await guestOf(host);
    run('op(1, JSON.stringify(op(2)))');
    expect(JSON.parse(seen)).toBe('a\0b');
  });

  it('sees a GuestError as an error of its own, with the line that called', async () => {
    let seen = '';
    const host = hostOf((code, args) => {
      if (code === 2) throw new GuestError('no such thing', 'RangeError');
      seen = args.string(0);
      return undefined;
    });
    const { run } = await guestOf(host);
    run(
      '\n\ntry { op(2) } catch (e) { op(1, [e instanceof Error, e.name, e.message, e.stack].join("|")) }',
    );
    expect(seen).toContain('true|RangeError|no such thing|');
    expect(seen).toContain('main.js:3');
    expect(host.crashes).toEqual([]);
  });

  it('never sees an error of the host itself', async () => {
    let seen = '';
    const host = hostOf((code, args) => {
      if (code === 2) throw new Error('secret path /home/x');
      seen = args.string(0);
      return undefined;
    });
    const { run } = await guestOf(host);
    run('try { op(2) } catch (e) { op(1, e.message + e.stack) }');
    expect(seen).not.toContain('secret');
    expect(host.crashes).toHaveLength(1);
  });

  it('shares its mail with the host without a call', async () => {
    const { run, cell, guest } = await guestOf(hostOf(() => undefined));
    cell.writeMail(guest, 8, 42.5);
    run('mail[9] = mail[8] * 2');
    expect(cell.readMail(guest, 9)).toBe(85);
  });

  it('receives deliveries with an id and text or bytes', async () => {
    const seen: string[] = [];
    const { run, cell, guest } = await guestOf(
      hostOf((_code, args) => {
        seen.push(args.string(0));
        return undefined;
      }),
    );
    run(
      'on((kind, id, p) => op(1, [kind, id, typeof p, p instanceof ArrayBuffer ? new Uint8Array(p)[1] : p].join()))',
    );
    cell.deliver(guest, 7, 123456, undefined);
    cell.deliver(guest, 8, -1, 'tëxt');
    cell.deliver(guest, 9, 2, new Uint8Array([5, 6]));
    expect(seen).toEqual(['7,123456,undefined,', '8,-1,string,tëxt', '9,2,object,6']);
  });

  it('is stopped when it runs too long, wherever the loop hides', async () => {
    for (const loop of [
      'for (;;) {}',
      'Promise.resolve().then(() => { for (;;) {} })',
      'try { for (;;) {} } catch { } finally { for (;;) {} }',
      'async function f() { for (;;) { try { await 0 } catch {} } } f()',
    ]) {
      const { run, cell, guest } = await guestOf(hostOf(() => undefined));
      const end = run(`\nfunction spin() { ${loop} }\nspin()`);
      expect(end, loop).toMatchObject({ kind: 'stopped', reason: 'turn' });
      cell.free(guest);
      expect(cell.broken, loop).toBeUndefined();
    }
  });

  it('names the line of an endless loop', async () => {
    const { run } = await guestOf(hostOf(() => undefined));
    const end = run(
      '\nfunction spin() {\n  let n = 0;\n  for (;;) {\n    n = Math.abs(n);\n  }\n}\nspin()',
    );
    expect(end).toMatchObject({
      kind: 'stopped',
      stack: expect.stringMatching(/spin \(main\.js:2/),
    });
  });

  it('is stopped when it fills its memory, and its neighbour does not notice', async () => {
    for (const bomb of [
      'const keep = []; for (;;) keep.push(new Array(1000).fill(1.5))',
      'let s = "x"; const keep = []; for (;;) { s += s.slice(0, 5000) + keep.length; keep.push(s + 1) }',
      'const keep = []; for (;;) keep.push(new Uint8Array(100000))',
      'const keep = []; for (;;) { try { keep.push(new ArrayBuffer(1e9)) } catch { keep.push({}) } }',
    ]) {
      const { run, cell, guest } = await guestOf(
        hostOf(() => undefined),
        { ...small, turnMs: 10_000, initMs: 10_000 },
      );
      const neighbour = cell.newGuest(
        hostOf(() => undefined),
        small,
      );
      expect(cell.evaluate(neighbour, `${prelude} let n = 0`, 'n.js')).toEqual({ kind: 'ok' });
      expect(run(bomb), bomb).toMatchObject({ kind: 'stopped', reason: 'memory' });
      cell.free(guest);
      expect(cell.broken, bomb).toBeUndefined();
      expect(
        cell.evaluate(
          neighbour,
          'n = [1,2,3].map((x) => x * 2).length; if (n !== 3) throw 1',
          'n.js',
        ),
      ).toEqual({ kind: 'ok' });
      cell.free(neighbour);
      expect(cell.broken).toBeUndefined();
      expect(cell.memoryBytes).toBeLessThan(120 * 1024 * 1024);
    }
  });

  it('gets an ordinary exception from a stack overflow and lives on', async () => {
    const { run, cell, guest } = await guestOf(hostOf(() => undefined));
    for (const deep of [
      'function f() { return f() + 1 } f()',
      'JSON.parse("[".repeat(100000))',
      'let a = []; for (let i = 0; i < 100000; i++) a = [a]; JSON.stringify(a)',
    ]) {
      const end = run(deep);
      expect(end.kind, deep).toBe('threw');
    }
    expect(run('1 + 1')).toEqual({ kind: 'ok' });
    cell.free(guest);
    expect(cell.broken).toBeUndefined();
  });

  it('runs every job although one of them throws', async () => {
    const seen: string[] = [];
    const { run, cell, guest } = await guestOf(
      hostOf((_code, args) => {
        seen.push(args.string(0));
        return undefined;
      }),
    );
    const end = run(
      'queueMicrotask(() => { throw new Error("one") }); queueMicrotask(() => op(1, "two"))',
    );
    expect(end).toMatchObject({ kind: 'threw', message: 'one' });
    expect(cell.runJobs(guest)).toEqual({ kind: 'ok' });
    expect(seen).toEqual(['two']);
  });

  it('leaves nothing behind when it is freed', async () => {
    const cell = await Cell.create();
    let size = 0;
    for (let i = 0; i < 60; i++) {
      const guest = cell.newGuest(
        hostOf(() => 'x'.repeat(1000)),
        small,
      );
      cell.evaluate(
        guest,
        `${prelude} for (let i = 0; i < 100; i++) op(1, 'y'.repeat(100))`,
        'm.js',
      );
      cell.deliver(guest, 1, 1, 'payload');
      cell.free(guest);
      if (i === 10) size = cell.memoryBytes;
    }
    expect(cell.broken).toBeUndefined();
    expect(cell.memoryBytes).toBe(size);
  });
});
