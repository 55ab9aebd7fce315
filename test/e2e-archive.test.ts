/** `vurun archive`, and running what it wrote on a machine that has nothing else. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countingServer, folder, runCli, said } from './support/cli.ts';

describe('an archive', () => {
  it('holds all a script needs', async () => {
    const server = await countingServer((_request, response) => {
      response.setHeader('content-type', 'text/javascript');
      response.end('export const far = "far";');
    });
    const dir = folder({
      'test/main.js': `import { near } from '../lib/near';
import { far } from '${server.url}far.js';
import { mark } from 'pack';
import { sleep } from 'k6';
const data = open('./data.txt');
const absolute = open('ABSOLUTE');
export const options = { iterations: 1, tags: { a: __ENV.TAG || 'none' } };
export default function () { sleep(0.001); console.log([near, far, mark, data, absolute, __ENV.TAG, __ENV.HOME].join()); }`,
      'lib/near.ts': 'export const near: string = "near";',
      'test/data.txt': 'data',
      'package.json': '{}',
      'node_modules/pack/package.json': '{"name":"pack","exports":"./lib/pack.js"}',
      'node_modules/pack/lib/pack.js': 'export const mark = "mark";',
      'absolute.txt': 'absolute',
    });
    const main = join(dir, 'test/main.js');
    writeFileSync(main, readFileSync(main, 'utf8').replace('ABSOLUTE', join(dir, 'absolute.txt')));
    const env = { VURUN_CACHE_DIR: join(dir, 'cache') };
    const made = await runCli(
      ['archive', 'test/main.js', '-O', 'test.tar', '-e', 'TAG=frozen', '-i', '2'],
      { dir, env },
    );
    expect([made.exitCode, made.stdout, made.stderr]).toEqual([
      0,
      'Archive written: test.tar. Run it with: vurun run test.tar\n',
      '',
    ]);
    const other = folder({});
    renameSync(join(dir, 'test.tar'), join(other, 'test.tar'));
    rmSync(dir, { recursive: true });
    const hits = server.hits();
    const quiet = ['-q', '--summary-mode', 'disabled'];
    const run = await runCli(['run', 'test.tar', ...quiet], { dir: other, env: { HOME: '/h' } });
    const line = 'near,far,mark,data,absolute,frozen,/h';
    expect([run.exitCode, said(run)]).toEqual([0, [line, line]]);
    expect(server.hits()).toBe(hits);
    renameSync(join(other, 'test.tar'), join(other, 'renamed'));
    const again = await runCli(
      ['run', '-t', 'archive', 'renamed', '-i', '1', '-e', 'TAG=new', ...quiet],
      { dir: other, env: { HOME: '/h', TAG: 'system' } },
    );
    expect([again.exitCode, said(again)]).toEqual([0, [line.replace('frozen', 'new')]]);
    const seen = await runCli(['inspect', '-t', 'archive', 'renamed'], { dir: other });
    expect((JSON.parse(seen.stdout) as { tags: unknown }).tags).toEqual({ a: 'frozen' });
  });

  it('has errors in the names of the script', async () => {
    const dir = folder({
      'main.js': "export default function () {\n  throw new Error('boom');\n}",
    });
    await runCli(['archive', 'main.js', '--exclude-env-vars'], { dir });
    const run = await runCli(['run', 'archive.tar', '-q'], { dir });
    expect(run.stderr).toContain('(main.js:2:');
    expect(run.stderr).not.toContain('vurun-archive-');
  });

  it('is refused when it is none', async () => {
    const dir = folder({ 'a.tar': 'nothing', 'main.js': 'export default function () {}' });
    const refused = await runCli(['run', 'a.tar'], { dir });
    expect([refused.exitCode, refused.stderr]).toEqual([
      255,
      expect.stringContaining("'a.tar' cannot be run as an archive"),
    ]);
    const mode = await runCli(['run', 'main.js', '--compatibility-mode', 'base'], { dir });
    expect([mode.exitCode, mode.stderr]).toEqual([
      255,
      expect.stringContaining("vurun has k6's mode extended only"),
    ]);
    const good = ['--compatibility-mode', 'extended', '--no-usage-report', '-t', 'js', '-q'];
    expect((await runCli(['run', 'main.js', ...good], { dir })).exitCode).toBe(0);
  });
});
