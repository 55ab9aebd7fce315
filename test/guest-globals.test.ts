import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bundleForTest } from './support/bundle.ts';
import { runGuest } from './support/guest.ts';

/** Runs `body` in a VU and returns what it returned, by way of JSON in log lines. */
async function evaluate(body: string): Promise<any> {
  const run = await runGuest(`
    export default async function () {
      const result = await (async () => { ${body} })();
      const json = JSON.stringify(result).replace(/[^ -~]/g, (c) => '\\\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
      for (let i = 0; i < json.length; i += 2000) console.log('=' + json.slice(i, i + 2000));
    }
  `);
  expect(run.failures).toEqual([]);
  return JSON.parse(run.logs.map(({ text }) => text.slice(1)).join(''));
}

/** Evaluates expressions in one VU; an exception counts as "name: message". */
async function evaluateAll(expressions: readonly string[]): Promise<unknown[]> {
  const calls = expressions.map((e) => `() => (${e})`).join(',\n');
  return evaluate(`return Promise.all([${calls}].map(async (f) => {
    try { return await f(); } catch (e) { return e.name + ': ' + e.message; }
  }));`);
}

async function expectTable(table: readonly (readonly [string, unknown])[]): Promise<void> {
  const results = await evaluateAll(table.map(([expression]) => expression));
  const shown = table.map(([expression], i) => [expression, results[i]]);
  expect(shown).toEqual(table);
}

describe('console', () => {
  test('writes values as k6 does', async () => {
    const table: [string, string][] = [
      [`'plain', 'text'`, 'plain text'],
      [
        `{ a: 1, b: [1, 'x'], f() {}, d: new Date(0), n: null, u: undefined }`,
        '{ a: 1, b: [ 1, "x" ], f: [object Function], d: "1970-01-01T00:00:00.000Z", n: null, u: undefined }',
      ],
      ['1, true, null, undefined, 2n, Symbol("s")', '1 true null undefined 2n Symbol(s)'],
      ['new Uint8Array([1, 2])', 'Uint8Array(2) [ 1, 2 ]'],
      ['new Uint8Array([1, 2]).buffer', 'ArrayBuffer { [Uint8Contents]: <01 02>, byteLength: 2 }'],
      ['(() => { const o = { x: 1 }; o.me = o; return o; })()', '{ x: 1, me: [Circular] }'],
      ['new TypeError("bad")', 'TypeError: bad'],
      ['{ e: new Error("inner") }', '{ e: Error: inner }'],
      ['{}, []', '{} []'],
      ['{ "a-b": 1 }', '{ "a-b": 1 }'],
      [
        'new Map([["k", { v: 1 }]]), new Set([1, "a"])',
        'Map(1) { "k" => { v: 1 } } Set(2) { 1, "a" }',
      ],
      ['/x+/g, Promise.resolve(), () => 1', '/x+/g [object Promise] [object Function]'],
      ['{ get bad() { throw new Error("no") } }', '[object that cannot be shown: no]'],
      ['"a\\0b"', 'a\\0b'],
      ['', ''],
    ];
    const run = await runGuest(
      `export default function () { ${table.map(([args]) => `console.log(${args});`).join('\n')} }`,
    );
    expect(run.failures).toEqual([]);
    expect(run.logs.map(({ text }) => text)).toEqual(table.map(([, text]) => text));
  });

  test('has a level for each function', async () => {
    const run = await runGuest(
      `export default () => { for (const l of ['log', 'debug', 'info', 'warn', 'error']) console[l](l); }`,
    );
    expect(run.logs.map(({ level, text }) => [level, text])).toEqual([
      ['info', 'log'],
      ['debug', 'debug'],
      ['info', 'info'],
      ['warning', 'warn'],
      ['error', 'error'],
    ]);
  });

  test('cuts a line at 8 KiB of UTF-8, never in the middle of a character', async () => {
    const run = await runGuest(`export default () => {
      console.log('x'.repeat(8192));
      console.log('x'.repeat(8193));
      console.log('😀'.repeat(5000));
      console.log(Array(1e6).fill('ä'));
      let deep = []; for (let i = 0; i < 1000; i++) deep = [deep];
      console.log(deep);
    }`);
    expect(run.failures).toEqual([]);
    const texts = run.logs.map(({ text }) => text);
    expect(texts[0]).toBe('x'.repeat(8192));
    for (const text of texts.slice(1, 4)) {
      expect(text).toMatch(/… \(cut at 8 KiB\)$/);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8192);
      expect(Buffer.byteLength(text)).toBeGreaterThan(8180);
      expect(text).not.toContain('\ufffd');
    }
    expect(texts[4]).toContain('[Array]');
  });
});

describe('timers', () => {
  test('fire in order of their due time, pass arguments, and keep the iteration alive', async () => {
    const run = await runGuest(`export default function () {
      setTimeout((a, b) => console.log('late', a, b), 500, 1, 'x');
      setTimeout(() => console.log('soon'), 1);
      clearTimeout(setTimeout(() => console.log('never'), 5));
      let beats = 0;
      const id = setInterval(() => { console.log('beat'); if (++beats === 3) clearInterval(id); }, 2);
      Promise.resolve().then(() => console.log('microtask'));
      console.log('sync');
    }`);
    const texts = run.logs.map(({ text }) => text);
    expect(texts.slice(0, 2)).toEqual(['sync', 'microtask']);
    expect(texts.at(-1)).toBe('late 1 x');
    expect(texts.toSorted()).toEqual([
      'beat',
      'beat',
      'beat',
      'late 1 x',
      'microtask',
      'soon',
      'sync',
    ]);
    expect(run.failures).toEqual([]);
  });

  test('refuse what is no function, and hand exceptions of callbacks to the host', async () => {
    await expectTable([
      [
        'setTimeout("code")',
        'TypeError: setTimeout(callback): callback must be a function, not string',
      ],
      ['clearTimeout(undefined)', undefined].map((x) => x ?? null) as [string, null],
      ['setTimeout !== globalThis.setTimeout', false],
    ]);
    const run = await runGuest(
      `export default () => { setTimeout(() => { throw new RangeError('in timer') }, 1); }`,
    );
    expect(run.failures.map(({ name, message }) => [name, message])).toEqual([
      ['RangeError', 'in timer'],
    ]);
  });

  test('of vurun/timers are the same functions', async () => {
    const run = await runGuest(`
      import * as timers from 'vurun/timers';
      export default () => console.log(Object.keys(timers).every((name) => timers[name] === globalThis[name]));
    `);
    expect(run.logs[0]?.text).toBe('true');
  });
});

describe('URL', () => {
  test('has the parts WHATWG gives it', async () => {
    const cases: [string, string?][] = [
      ['https://user:p%40ss@example.com:8443/a/b/../c?x=1&y=%20#frag'],
      ['HTTP://EXAMPLE.com:80'],
      ['//host/path', 'https://base.example/'],
      ['../up?q', 'http://h/a/b/c'],
      ['?only', 'http://h/a?b#c'],
      ['#h', 'http://h/a?b'],
      ['http://[::1]:3000/'],
      ['http://0x7f.1/'],
      ['http://münchen.de/ä?ö#ü'],
      ['wss://h/socket'],
      ['file:///c:/x'],
      ['data:text/plain,hi there'],
      ['mailto:a@b.c'],
      ['  http://h/ \n'],
      ['http://h/a\u0000b?c\u0000'],
      ['http://h/\ud800'],
      ['http://h:99999/'],
      ['http://'],
      ['nope'],
      ['http://a b/'],
      ['/relative'],
    ];
    const parts =
      'href origin protocol username password host hostname port pathname search hash'.split(' ');
    const expected = cases.map(([url, base]) => {
      if (!URL.canParse(url, base)) return null;
      const parsed = new URL(url, base) as unknown as Record<string, string>;
      return parts.map((part) => parsed[part]);
    });
    const results = await evaluate(`
      return ${JSON.stringify(cases)}.map(([url, base]) => {
        const parsed = URL.parse(url, base);
        return parsed && ${JSON.stringify(parts)}.map((part) => parsed[part]);
      });`);
    expect(results).toEqual(expected);
  });

  test('has setters, throws TypeErrors, and is written as its href', async () => {
    await expectTable([
      ['new URL("nope")', "TypeError: Invalid URL: 'nope'"],
      ['new URL("x", "y")', "TypeError: Invalid URL: 'x' against base 'y'"],
      ['(() => { try { new URL("nope") } catch (e) { return e instanceof TypeError } })()', true],
      [
        '(() => { const u = new URL("http://h/a"); u.port = 81; u.hash = "x"; u.pathname = "/é"; u.username = "me"; return u })()',
        'http://me@h:81/%C3%A9#x',
      ],
      [
        '(() => { const u = new URL("http://h/a"); u.port = "bad"; u.protocol = "https"; u.hostname = "k"; return u.toString() })()',
        'https://k/a',
      ],
      [
        '(() => { const u = new URL("http://h/a"); u.href = "bad"; })()',
        "TypeError: Invalid URL: 'bad'",
      ],
      ['`${new URL("b", new URL("http://h/a"))}`', 'http://h/b'],
      ['URL.canParse("http://h")', true],
      ['new globalThis.URL("http://h").host', 'h'],
    ]);
  });

  test('and its searchParams change together', async () => {
    await expectTable([
      [
        '(() => { const u = new URL("http://h/?a=1&b=2"); u.searchParams.append("c", "x y"); u.searchParams.delete("a"); return u.href })()',
        'http://h/?b=2&c=x+y',
      ],
      [
        '(() => { const u = new URL("http://h/?a=1"); const p = u.searchParams; u.search = "?z=9"; return [p.get("z"), p.has("a"), p === u.searchParams] })()',
        ['9', false, true],
      ],
      [
        '(() => { const u = new URL("http://h/?a=1"); const p = u.searchParams; u.href = "http://k/?q"; return [...p] })()',
        [['q', '']],
      ],
      [
        '(() => { const u = new URL("http://h/?a=1#f"); u.searchParams.delete("a"); return u.href })()',
        'http://h/#f',
      ],
    ]);
  });

  test('URLSearchParams agrees with the one of Node', async () => {
    const inits = [
      'a=1&b=2&a=3',
      '?x=%20+%2B',
      '=v&k=&&e',
      'p=%zz%41&q=%ff%C3%A4',
      "é=ü~!'()*",
      'a=b=c',
    ];
    const results = await evaluate(`return ${JSON.stringify(inits)}.map((init) => {
      const p = new URLSearchParams(init);
      return [[...p], p.toString(), p.size];
    });`);
    expect(results).toEqual(
      inits.map((init) => {
        const p = new URLSearchParams(init);
        return [[...p], p.toString(), p.size];
      }),
    );
    await expectTable([
      ['new URLSearchParams({ a: 1, b: "x&y" }).toString()', 'a=1&b=x%26y'],
      ['new URLSearchParams([["a", "1"], ["a", "2"]]).getAll("a")', ['1', '2']],
      [
        'new URLSearchParams([["a"]])',
        'TypeError: new URLSearchParams(init): each item must be a [name, value] pair',
      ],
      [
        '(() => { const p = new URLSearchParams("b=1&a=2&b=3&c=4"); p.set("b", 9); p.sort(); return p.toString() })()',
        'a=2&b=9&c=4',
      ],
      [
        '(() => { const p = new URLSearchParams("a=1&a=2"); p.delete("a", "1"); return [p.toString(), p.has("a", "1"), p.get("z")] })()',
        ['a=2', false, null],
      ],
    ]);
  });
});

describe('text', () => {
  const encodings = ['utf-8', 'utf-16le'] as const;
  // Pieces that random bytes seldom make: cut-off, overlong and surrogate sequences.
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.string({ unit: 'binary', maxLength: 4 }).map((s) => new Uint8Array(Buffer.from(s))),
    fc
      .constantFrom(
        'efbbbf',
        'e282',
        'f09f98',
        'eda080',
        'c0af',
        'f4908080',
        'fffe',
        '00d8',
        '3dd800de',
      )
      .map((hex) => new Uint8Array(Buffer.from(hex, 'hex'))),
  );

  test('TextDecoder agrees with the one of Node, whole, in pieces and when fatal', async () => {
    const samples = fc.sample(fc.array(piece, { maxLength: 6 }), { numRuns: 400, seed: 7 });
    const decodeAll = (pieces: number[][], label: string, make: typeof TextDecoder): string[] => {
      const attempt = (run: () => string): string => {
        try {
          return JSON.stringify(run());
        } catch (error) {
          return (error as Error).name;
        }
      };
      const whole = new Uint8Array(pieces.flat());
      const stream = new make(label);
      return [
        attempt(() => new make(label).decode(whole)),
        attempt(() => new make(label, { fatal: true }).decode(whole)),
        attempt(() => new make(label, { ignoreBOM: true }).decode(whole)),
        attempt(
          () =>
            pieces.map((p) => stream.decode(new Uint8Array(p), { stream: true })).join('') +
            stream.decode(),
        ),
      ];
    };
    const pieces = samples.map((sample) => sample.map((p) => [...p]));
    for (const label of encodings) {
      const results = await evaluate(`
        const decodeAll = ${decodeAll.toString()};
        return ${JSON.stringify(pieces)}.map((p) => decodeAll(p, '${label}', TextDecoder));`);
      for (const [i, sample] of pieces.entries()) {
        expect([sample, results[i]]).toEqual([sample, decodeAll(sample, label, TextDecoder)]);
      }
    }
  });

  test('TextEncoder writes UTF-8', async () => {
    const texts = fc.sample(
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((u) => String.fromCharCode(u)) }),
      { numRuns: 200, seed: 3 },
    );
    const results = await evaluate(
      `return ${JSON.stringify(texts)}.map((text) => [...new TextEncoder().encode(text)]);`,
    );
    expect(results).toEqual(texts.map((text) => [...new TextEncoder().encode(text)]));
    await expectTable([
      ['new TextEncoder().encodeInto("aé😀", new Uint8Array(6))', { read: 2, written: 3 }],
      ['new TextEncoder().encoding', 'utf-8'],
      ['new TextDecoder("latin1").encoding', 'windows-1252'],
      ['new TextDecoder("latin1").decode(new Uint8Array([0x41, 0x80, 0x9f, 0xe9]))', 'A€Ÿé'],
      [
        'new TextDecoder("shift-jis")',
        'RangeError: The "shift-jis" encoding is not supported; there are utf-8, utf-16le and latin1',
      ],
      [
        'new TextDecoder().decode("text")',
        'TypeError: decode(input): input must be an ArrayBuffer or a view of one',
      ],
      ['new TextDecoder().decode(new Uint16Array([0x4241]).buffer)', 'AB'],
    ]);
  });

  test('atob, btoa and vurun/encoding read and write base64', async () => {
    await expectTable([
      ['btoa("hello\\xff")', btoa('hello\xff')],
      ['btoa("")', ''],
      ['btoa("ä€")', 'InvalidCharacterError: btoa(text): text has a character above U+00FF'],
      ['atob(" aGVs bG8= ")', 'hello'],
      ['atob("aGVsbG8")', 'hello'],
      ['atob("a")', 'InvalidCharacterError: atob(text): text is not base64'],
      ['atob("a===")', 'InvalidCharacterError: atob(text): text is not base64'],
      ['atob("aa=a")', 'InvalidCharacterError: atob(text): text is not base64'],
    ]);
    const run = await runGuest(`
      import { b64decode, b64encode } from 'vurun/encoding';
      export default function () {
        console.log(['std', 'rawstd', 'url', 'rawurl'].map((e) => b64encode('ü?>~~', e)));
        console.log(['std', 'rawstd', 'url', 'rawurl'].every((e) => b64decode(b64encode('ü?>~~', e), e, 's') === 'ü?>~~'));
        console.log(b64decode('AQI='));
        for (const [text, e] of [['AQI', 'std'], ['A-', 'std'], ['AA', 'hex']])
          try { b64decode(text, e) } catch (error) { console.log(error) }
      }`);
    expect(run.failures).toEqual([]);
    const all = Buffer.from('ü?>~~');
    expect(run.logs.map(({ text }) => text)).toEqual([
      `[ "${all.toString('base64')}", "${all.toString('base64').replace(/=+$/, '')}", "${all.toString('base64url')}", "${all.toString('base64url')}" ]`,
      'true',
      'ArrayBuffer { [Uint8Contents]: <01 02>, byteLength: 2 }',
      "TypeError: b64decode(input): input is not base64 of the form 'std'",
      "TypeError: b64decode(input): input is not base64 of the form 'std'",
      "TypeError: b64decode(input, encoding): encoding must be 'std', 'rawstd', 'url' or 'rawurl', not 'hex'",
    ]);
  });
});

describe('events', () => {
  test('EventTarget calls listeners once, in order, until stopped or removed', async () => {
    await expectTable([
      [
        `(() => { const t = new EventTarget(), out = []; const f = () => out.push('f');
         t.addEventListener('x', f); t.addEventListener('x', f); t.addEventListener('x', { handleEvent(e) { out.push(this.n + e.type) }, n: 'h' });
         t.addEventListener('x', () => out.push('once'), { once: true }); t.addEventListener('x', () => out.push('capture'), true);
         t.dispatchEvent(new Event('x')); t.removeEventListener('x', f); t.dispatchEvent(new Event('x')); return out })()`,
        ['capture', 'f', 'hx', 'once', 'capture', 'hx'],
      ],
      [
        `(() => { const t = new EventTarget(), out = [], c = new AbortController();
         t.addEventListener('x', () => out.push(1), { signal: c.signal }); t.dispatchEvent(new Event('x')); c.abort();
         t.dispatchEvent(new Event('x')); t.addEventListener('x', () => out.push(2), { signal: c.signal }); t.dispatchEvent(new Event('x')); return out })()`,
        [1],
      ],
      [
        `(() => { const t = new EventTarget(), out = [];
         t.addEventListener('x', (e) => { out.push(1); e.stopImmediatePropagation() }); t.addEventListener('x', () => out.push(2));
         t.dispatchEvent(new Event('x')); return out })()`,
        [1],
      ],
      [
        `(() => { const t = new EventTarget(); t.addEventListener('x', (e) => e.preventDefault());
         t.addEventListener('y', (e) => e.preventDefault(), { passive: true });
         return [t.dispatchEvent(new Event('x')), t.dispatchEvent(new Event('x', { cancelable: true })), t.dispatchEvent(new Event('y', { cancelable: true }))] })()`,
        [true, false, true],
      ],
      [
        `(() => { const t = new EventTarget(); let e = new CustomEvent('x', { detail: 7 }), seen;
         t.addEventListener('x', function (event) { seen = [event.detail, event.target === t, event.currentTarget === t, this === t, event.eventPhase, event instanceof Event] });
         t.dispatchEvent(e); return [...seen, e.currentTarget, e.eventPhase] })()`,
        [7, true, true, true, 2, true, null, 0],
      ],
      [
        'new EventTarget().addEventListener("x", 5)',
        "TypeError: addEventListener('x', listener): listener must be a function or have handleEvent",
      ],
      [
        'new EventTarget().dispatchEvent({})',
        'TypeError: dispatchEvent(event): event must be an Event',
      ],
    ]);
  });

  test('an exception in a listener goes to the host and the others still run', async () => {
    const run = await runGuest(`export default () => {
      const target = new EventTarget();
      target.addEventListener('x', () => { throw new Error('in listener') });
      target.addEventListener('x', () => console.log('second'));
      target.dispatchEvent(new Event('x'));
    }`);
    expect(run.logs.map(({ text }) => text)).toEqual(['second']);
    expect(run.failures.map(({ message }) => message)).toEqual(['in listener']);
  });

  test('AbortSignal aborts by hand, by time, and with any other', async () => {
    await expectTable([
      [
        `(() => { const c = new AbortController(), out = []; c.signal.onabort = () => out.push('on'); c.signal.addEventListener('abort', () => out.push('listener'));
         out.push(c.signal.aborted); c.abort(); c.abort('again'); return [...out, c.signal.aborted, c.signal.reason.name, c.signal.reason instanceof DOMException] })()`,
        [false, 'on', 'listener', true, 'AbortError', true],
      ],
      ['AbortSignal.abort("why").throwIfAborted()', 'undefined: undefined'],
      ['AbortSignal.abort().throwIfAborted()', 'AbortError: This operation was aborted'],
      [
        'new AbortSignal()',
        'TypeError: AbortSignal cannot be constructed; use new AbortController().signal',
      ],
      [
        `new Promise((resolve) => { const s = AbortSignal.timeout(1), hold = setTimeout(() => {}, 10000); s.onabort = () => { clearTimeout(hold); resolve([s.aborted, s.reason.name]) } })`,
        [true, 'TimeoutError'],
      ],
      [
        `(() => { const a = new AbortController(), b = new AbortController(), s = AbortSignal.any([a.signal, b.signal]); let n = 0; s.onabort = () => n++;
         b.abort('B'); a.abort('A'); return [s.aborted, s.reason, n] })()`,
        [true, 'B', 1],
      ],
      ['AbortSignal.any([AbortSignal.abort(1), new AbortController().signal]).reason', 1],
      [
        'AbortSignal.timeout(-1)',
        'TypeError: AbortSignal.timeout(milliseconds): milliseconds must be 0 or more',
      ],
    ]);
  });

  test('AbortSignal.timeout does not keep the iteration alive', async () => {
    const run = await runGuest(`export default () => { AbortSignal.timeout(600_000); }`);
    expect(run.ends).toEqual(['complete']);
  });
});

describe('structuredClone', () => {
  test('copies data, cycles included', async () => {
    await expectTable([
      [
        `(() => { const o = { a: [1, , 'x'], m: new Map([[{ k: 1 }, new Set([2])]]), d: new Date(5), r: /a/gi, u: undefined, n: -0, big: [1n].map(String) };
         o.self = o; o.twice = [o.d, o.d]; const c = structuredClone(o);
         return [c !== o, c.self === c, c.twice[0] === c.twice[1], c.d !== o.d, c.d.getTime(), String(c.r), 1 in c.a, c.a.length, [...c.m.keys()][0].k, [...[...c.m.values()][0]], 'u' in c, Object.is(c.n, -0)] })()`,
        [true, true, true, true, 5, '/a/gi', false, 3, 1, [2], true, true],
      ],
      [
        `(() => { const b = new Uint8Array([1, 2, 3, 4]).buffer, o = { whole: new Uint16Array(b), part: new Uint8Array(b, 1, 2), v: new DataView(b, 2) }, c = structuredClone(o);
         return [[...c.part], c.whole.length, c.part.buffer === c.whole.buffer, c.v.getUint8(0), c.part.buffer !== b] })()`,
        [[2, 3], 2, true, 3, true],
      ],
      [
        `(() => { const e = structuredClone(Object.assign(new RangeError('r', { cause: { c: 1 } }), { extra: 1 })); return [e instanceof RangeError, e.name, e.message, e.cause, e.extra, typeof e.stack] })()`,
        [true, 'RangeError', 'r', { c: 1 }, undefined, 'string'].map((x) => x ?? null),
      ],
      [
        '(() => { class A { x = 1; get y() { return 2 } } const c = structuredClone(new A()); return [c, c instanceof A] })()',
        [{ x: 1 }, false],
      ],
      ['typeof structuredClone(Object("s"))', 'object'],
      [`Object.keys(structuredClone(JSON.parse('{"__proto__":1}')))`, ['__proto__']],
    ]);
  });

  test('refuses what has no copy', async () => {
    const refusal = (what: string): string =>
      `DataCloneError: structuredClone(value): ${what} cannot be cloned`;
    await expectTable([
      ['structuredClone({ f: function go() {} })', refusal('a function (go)')],
      ['structuredClone(Symbol())', refusal('a symbol')],
      ['structuredClone([Promise.resolve()])', refusal('a Promise')],
      ['structuredClone(new WeakMap())', refusal('a WeakMap')],
      [
        'structuredClone(1, { transfer: [new ArrayBuffer(1)] })',
        refusal('a list of objects to transfer; copy them, they'),
      ],
      [
        '(() => { try { structuredClone(() => 1) } catch (e) { return [e instanceof DOMException, e.code] } })()',
        [true, 25],
      ],
    ]);
  });
});

test('crypto gives random values', async () => {
  await expectTable([
    [
      '/^[\\da-f]{8}-[\\da-f]{4}-4[\\da-f]{3}-[89ab][\\da-f]{3}-[\\da-f]{12}$/.test(crypto.randomUUID())',
      true,
    ],
    ['crypto.randomUUID() === crypto.randomUUID()', false],
    ['crypto.getRandomValues(new Uint8Array(64)).some((x) => x !== 0)', true],
    [
      '(() => { const a = new Uint32Array(8); const r = crypto.getRandomValues(a.subarray(2, 4)); return [a[0], a[4], r.length] })()',
      [0, 0, 2],
    ],
    [
      'crypto.getRandomValues(new Uint8Array(65537))',
      'QuotaExceededError: getRandomValues(array): array has 65537 bytes; at most 65536 are allowed',
    ],
    ['crypto.getRandomValues(new Uint8Array(65536)).length', 65536],
    [
      'crypto.getRandomValues(new Float32Array(1))',
      'TypeMismatchError: getRandomValues(array): array must be an integer typed array',
    ],
    ['typeof globalThis.crypto.randomUUID', 'function'],
  ]);
});

test('Blob holds bytes', async () => {
  await expectTable([
    ['new Blob(["aé", new Uint8Array([1]), new Blob(["z"])], { type: "Text/Plain" }).size', 5],
    ['new Blob(["hello"]).slice(1, -1, "T").text()', 'ell'],
    ['new Blob(["\\ufeffx"]).text()', 'x'],
    ['new Blob(["ab"]).arrayBuffer().then((b) => [...new Uint8Array(b)])', [97, 98]],
    ['[new Blob([], { type: "A/B" }).type, new Blob([], { type: "ä" }).type]', ['a/b', '']],
  ]);
});

test.each([
  ["{ code: 1, why: 'x' }", '{ code: 1, why: "x" }'],
  ["'text'", 'text'],
  ['undefined', 'undefined'],
  ['[1, { a: 2 }]', '[ 1, { a: 2 } ]'],
  ["{ get bad() { throw new Error('no') } }", '[object that cannot be shown: no]'],
])(
  '%s thrown by a function, a promise or a timer is shown as console shows it',
  async (value, text) => {
    const run = await runGuest(
      `let n = 0;
    export default function () {
      n++;
      if (n === 1) throw ${value};
      if (n === 2) return Promise.reject(${value});
      setTimeout(() => { throw ${value}; }, 0);
    }`,
      { iterations: 3 },
    );
    expect(run.failures.map(({ message, stack }) => [message, stack])).toEqual(
      Array(3).fill([text, '']),
    );
  },
);

test('a huge thing that is thrown is cut', async () => {
  const run = await runGuest(
    `export default function () { throw Array.from({ length: 1e5 }, (_, i) => ({ i })); }`,
  );
  expect(run.failures[0]?.message.slice(0, 20)).toBe('[ { i: 0 }, { i: 1 }');
  expect(run.failures[0]?.message.length).toBeLessThanOrEqual(4_000);
});

test('performance tells the time of this VU', async () => {
  await expectTable([
    ['performance.now() >= 0 && performance.now() < 60_000', true],
    ['Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 5_000', true],
  ]);
});

test('a bundle holds only the globals its script names', async () => {
  const plain = await bundleForTest(`export default () => {};`);
  for (const name of [
    'URLSearchParams',
    'windows-1252',
    'DataCloneError',
    'AbortError',
    'randomUUID',
    'InvalidCharacterError',
    'stopImmediatePropagation',
    'class Blob',
  ]) {
    expect([name, plain.includes(name)]).toEqual([name, false]);
  }
  expect(await bundleForTest(`export default () => structuredClone(1);`)).toContain(
    'DataCloneError',
  );
  expect(await bundleForTest(`export default () => globalThis.crypto;`)).toContain('randomUUID');
});
