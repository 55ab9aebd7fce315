/** Scripts with k6's modules for files, records and streams. */
import { describe, expect, test } from 'vitest';
import { ownTraces, runScript, said } from './support/cli.ts';

const csv = '\ufeffid,name\n1,"a, b"\r\n\n2,"say ""x"""\n3,c\n';

describe.concurrent('k6/experimental/fs', () => {
  test('reads a file piece by piece, each VU from its own position', async () => {
    const run = await runScript(
      `import { open, SeekMode } from 'k6/experimental/fs';
import exec from 'k6/execution';
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 1 } } };
let file;
(async () => { file = await open('./data/ten.txt'); })();
export default async function () {
  const parts = [file.path, JSON.stringify(await file.stat())];
  const into = new Uint8Array(4);
  for (let n; (n = await file.read(into)) !== null; ) {
    parts.push(n + String.fromCharCode(...into.subarray(0, n)));
  }
  parts.push(await file.read(into), await file.seek(2, SeekMode.Start), await file.seek(3, SeekMode.Current));
  parts.push(await file.seek(0, SeekMode.End), await file.read(into), into[0]);
  console.log(parts.join(' '));
}
`,
      [],
      { files: { 'data/ten.txt': 'abcdefghij' } },
    );
    expect(run.exitCode).toBe(0);
    const line = './data/ten.txt {"name":"ten.txt","size":10} 4abcd 4efgh 2ij  2 5 9 1 106';
    expect(said(run)).toEqual([line, line]);
  });

  test('says what went wrong by the name of the error', async () => {
    const run = await runScript(
      `import fs from 'k6/experimental/fs';
const told = [];
const attempt = (promise) => promise.then(() => told.push('ok'), (e) => told.push(e.name + ': ' + e.message));
let file;
(async () => {
  file = await fs.open('ten.txt');
  await attempt(fs.open('nothing.txt'));
  await attempt(fs.open('.'));
  await attempt(fs.open(''));
  await attempt(fs.open());
  for (const line of told.splice(0)) console.log('init ' + line);
})();
export default async function () {
  await attempt(fs.open('ten.txt'));
  await attempt(file.read('x'));
  await attempt(file.seek(0.5, fs.SeekMode.Start));
  await attempt(file.seek(0, 7));
  await attempt(file.seek(-1, fs.SeekMode.Start));
  await attempt(file.seek(11, fs.SeekMode.Start));
  for (const line of told) console.log(line);
}
`,
      [],
      { files: { 'ten.txt': 'abcdefghij' } },
    );
    const lines = said(run);
    expect(lines.filter((line) => line.startsWith('init ')).slice(0, 4)).toEqual([
      expect.stringMatching(/^init NotFoundError: open\(\): there is no file 'nothing.txt'/),
      expect.stringMatching(/^init InvalidResourceError: .*directories/),
      "init TypeError: open() can't be used with an empty filename",
      'init TypeError: open() failed; reason: path cannot be null or undefined',
    ]);
    expect(lines.filter((line) => !line.startsWith('init '))).toEqual([
      'ForbiddenError: open() failed; reason: opening a file is only available in the init context',
      'TypeError: read() failed; reason: its argument must be a Uint8Array',
      'TypeError: seek() failed; reason: the offset must be a whole number',
      'TypeError: seek() failed; reason: whence must be one of SeekMode',
      'TypeError: seek() failed; reason: -1 lies outside of the file',
      'TypeError: seek() failed; reason: 11 lies outside of the file',
    ]);
  });
});

describe.concurrent('k6/experimental/csv', () => {
  test('parses into a shared array, and record by record', async () => {
    const run = await runScript(
      `import { open } from 'k6/experimental/fs';
import { parse, Parser } from 'k6/experimental/csv';
import { check } from 'k6';
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
const made = {};
(async () => {
  const file = await open('users.csv');
  made.all = await parse(file);
  made.skipped = await parse(file, { skipFirstLine: true });
  made.some = await parse(file, { fromLine: 1, toLine: 2 });
  made.objects = await parse(file, { asObjects: true });
  made.other = await parse(await open('semicolons.csv'), { delimiter: ';' });
  made.parser = new Parser(file, { asObjects: true });
})();
export default async function () {
  if (__ITER === 0) {
    console.log(JSON.stringify([made.all, made.skipped.length, made.some, made.objects, made.other]));
    try { made.all[0] = []; } catch (e) { console.log(e.message); }
    console.log(made.all.filter((row) => row[0] > 1).length + ' ' + Array.isArray(made.all));
  }
  const { done, value } = await made.parser.next();
  console.log(__ITER + ' ' + done + ' ' + JSON.stringify(value));
  if (__ITER === 1) {
    await made.parser.next();
    console.log(JSON.stringify(await made.parser.next()));
  }
}
`,
      [],
      { files: { 'users.csv': csv, 'semicolons.csv': 'a;"b\nc"\nd;e,f;g' } },
    );
    expect(run.exitCode).toBe(0);
    const rows = [
      ['id', 'name'],
      ['1', 'a, b'],
      ['2', 'say "x"'],
      ['3', 'c'],
    ];
    const objects = rows.slice(1).map(([id, name]) => ({ id, name }));
    const other = [
      ['a', 'b\nc'],
      ['d', 'e,f', 'g'],
    ];
    const each = [
      JSON.stringify([rows, 3, rows.slice(1, 3), objects, other]),
      'SharedArray is immutable',
      '2 true',
      `0 false ${JSON.stringify(objects[0])}`,
      `1 false ${JSON.stringify(objects[1])}`,
      '{"done":true}',
    ];
    expect(said(run).sort()).toEqual([...each, ...each].sort());
  });

  test('says what is wrong', async () => {
    const run = await runScript(
      `import { open } from 'k6/experimental/fs';
import csv from 'k6/experimental/csv';
const told = [];
const attempt = async (make) => { try { await make(); told.push('ok'); } catch (e) { told.push(e.message); } };
let file;
(async () => {
  file = await open('ragged.csv');
  await attempt(() => csv.parse(file, { delimiter: ';;' }));
  await attempt(() => csv.parse(file, { fromLine: 3, toLine: 2 }));
  await attempt(() => csv.parse(file, { asObjects: true, skipFirstLine: true }));
  await attempt(() => csv.parse(file, { asObjects: true, fromLine: 1 }));
  await attempt(() => csv.parse(file, { toLine: -1 }));
  await attempt(() => csv.parse(file, { asObjects: true }));
  await attempt(() => csv.parse('ragged.csv'));
  await attempt(async () => csv.parse(await open('broken.csv')));
  await attempt(() => new csv.Parser({}));
})();
export default async function () {
  await attempt(() => csv.parse(file));
  await attempt(() => new csv.Parser(file));
  for (const line of told) console.log(line);
}
`,
      [],
      { files: { 'ragged.csv': 'a,b\n1,2,3\n', 'broken.csv': 'a,b\n"x"y,2\n' } },
    );
    expect(said(run)).toEqual([
      'delimiter must be a single character',
      'fromLine must be less than or equal to toLine',
      'asObjects does not go with skipFirstLine',
      'asObjects does not go with fromLine above 0',
      'toLine must be a whole number from 0',
      "record length (3) doesn't match header length (2)",
      'csv.parse(): the first argument must be a file that fs.open() gave',
      expect.stringMatching(/^the file is not CSV: .* line 2/),
      'new csv.Parser(): the first argument must be a file that fs.open() gave',
      'csv.parse() may only be used in the init context',
      'new csv.Parser() may only be used in the init context',
    ]);
  });
});

describe.concurrent('k6/experimental/streams', () => {
  const run = async (body: string): Promise<string[]> =>
    said(
      await runScript(
        `import { ReadableStream, ReadableStreamDefaultReader, WritableStream, CountQueuingStrategy } from 'k6/experimental/streams';
import { setTimeout } from 'k6/timers';
const show = (...parts) => console.log(parts.join(' '));
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default async function () {
${body}
}
`,
      ),
    );

  test('are read chunk by chunk, as the source gives them', async () => {
    expect(
      await run(`let n = 0;
  const stream = new ReadableStream({
    start: (c) => { c.enqueue('first'); show('wants', c.desiredSize); },
    pull: async (c) => { await later(5); c.enqueue(++n); if (n === 3) c.close(); },
  }, new CountQueuingStrategy({ highWaterMark: 2 }));
  show(stream.locked);
  const reader = stream.getReader();
  show(stream.locked, reader instanceof ReadableStreamDefaultReader);
  try { stream.getReader(); } catch (e) { show(e.name); }
  await stream.cancel().catch((e) => show(e.name));
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    show('chunk', value);
  }
  await reader.closed;
  reader.releaseLock();
  show(stream.locked);
  await reader.read().catch((e) => show(e.name));
  await reader.closed.catch((e) => show(e.name));`),
    ).toEqual([
      'wants 1',
      'false',
      'true true',
      'TypeError',
      'TypeError',
      'chunk first',
      'chunk 1',
      'chunk 2',
      'chunk 3',
      'false',
      'TypeError',
      'TypeError',
    ]);
  });

  test('end with an error, or because nobody wants more', async () => {
    expect(
      await run(`const broken = new ReadableStream({ pull() { throw new Error('dry'); } }).getReader();
  await broken.read().catch((e) => show(e.message));
  await broken.closed.catch((e) => show('closed', e.message));
  const failing = new ReadableStream({ start: (c) => setTimeout(() => c.error('gone'), 5) }).getReader();
  await failing.read().catch((e) => show(e));
  const wanted = new ReadableStream({ start: (c) => c.enqueue(1), cancel: (why) => show('cancelled', why) });
  await wanted.cancel('enough');
  show(JSON.stringify(await wanted.getReader().read()));
  try { new ReadableStream({ start() { throw new Error('at once'); } }); } catch (e) { show(e.message); }
  try { new ReadableStream({ type: 'bytes' }); } catch (e) { show(e.name); }`),
    ).toEqual([
      'dry',
      'closed dry',
      'gone',
      'cancelled enough',
      '{"done":true}',
      'at once',
      'RangeError',
    ]);
  });

  test('are written chunk by chunk, and say when more is welcome', async () => {
    expect(
      await run(`const got = [];
  const stream = new WritableStream({
    write: async (chunk) => { await later(5); got.push(chunk); },
    close: () => { got.push('end'); },
  }, { highWaterMark: 2 });
  const writer = stream.getWriter();
  show(writer.desiredSize, stream.locked);
  writer.write('a');
  writer.write('b');
  show(writer.desiredSize);
  await writer.ready;
  show(got.join(''), writer.desiredSize);
  await writer.write('c');
  await writer.close();
  await writer.closed;
  show(got.join(' '));
  await writer.write('d').catch((e) => show(e.name));
  const failing = new WritableStream({ write() { throw new Error('full'); } }).getWriter();
  await failing.write(1).catch((e) => show(e.message));
  await failing.write(2).catch((e) => show(e.message));
  await failing.closed.catch((e) => show(e.message));
  const given = new WritableStream({ abort: (why) => show('aborted', why) });
  await given.abort('stop');`),
    ).toEqual([
      '2 true',
      '0',
      'a 1',
      'a b c end',
      'TypeError',
      'full',
      'full',
      'full',
      'aborted stop',
    ]);
  });
});

describe.concurrent('await outside of functions', () => {
  test('init is over when it is, for scripts of either style', async () => {
    const run = await runScript(
      `import * as fs from 'k6/experimental/fs';
import csv from 'k6/experimental/csv';
import { sleep } from 'k6';
import { words } from './words.js';
export const options = { vus: 3, iterations: await Promise.resolve(3) };
const file = await fs.open('users.csv');
const users = await csv.parse(file, { asObjects: true });
await new Promise((resolve) => setTimeout(resolve, 5));
export default function () {
  sleep(0.001);
  console.log(users[__ITER].name + words);
}
`,
      [],
      {
        files: {
          'users.csv': 'name\nada\n',
          'words.js': 'export const words = await Promise.resolve("!");\n',
        },
      },
    );
    expect(run.exitCode).toBe(0);
    expect(said(run)).toEqual(['ada!', 'ada!', 'ada!']);
    const own = await runScript(
      'const n = await Promise.resolve(7);\nexport default async function () { console.log(n); }\n',
    );
    expect(said(own)).toEqual(['7']);
  });

  test('what it rejects with is an exception of init, with its place', async () => {
    const run = await runScript(
      `import { open } from 'k6/experimental/fs';
const file = await open('nothing.txt');
export default function () { console.log(file); }
`,
    );
    expect(run.exitCode).toBe(107);
    expect(run.stderr).toMatch(
      /NotFoundError: open\(\): there is no file 'nothing.txt'[^]*main\.ts:2/,
    );
    expect(run.stderr).not.toMatch(ownTraces);
  });

  test('what never comes is said', async () => {
    const run = await runScript('await new Promise(() => {});\nexport default function () {}\n');
    expect(run.exitCode).toBe(107);
    expect(run.stderr).toContain('that never comes');
  });
});

test('k6/timers are the global timers', async () => {
  const run = await runScript(
    `import * as timers from 'k6/timers';
import all from 'k6/timers';
export default function () {
  const id = timers.setInterval((word) => { console.log(word); timers.clearInterval(id); }, 5, 'beat');
  all.setTimeout((word) => console.log(word), 20, 'late');
  const never = timers.setTimeout(() => console.log('never'), 1);
  all.clearTimeout(never);
  console.log(timers.setTimeout === setTimeout, typeof id);
  try { timers.setTimeout('code'); } catch (e) { console.log(e.name); }
}
`,
  );
  expect(said(run)).toEqual(['true number', 'TypeError', 'beat', 'late']);
});
