/** `vurun new`: what it writes runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { countingServer, folder, runCli } from './support/cli.ts';

it('writes a script that runs, of either template', async () => {
  const server = await countingServer();
  const dir = folder({});
  for (const [args, file] of [
    [[], 'script.js'],
    [['full.js', '--template', 'protocol'], 'full.js'],
  ] as const) {
    const made = await runCli(['new', ...args], { dir });
    expect([made.exitCode, made.stdout]).toEqual([
      0,
      `New script created: ${file}. Run it with: vurun run ${file}\n`,
    ]);
    const run = await runCli(
      [
        'run',
        file,
        '-q',
        '-u',
        '1',
        '-i',
        '1',
        '--no-thresholds',
        '-e',
        `BASE_URL=${server.url.slice(0, -1)}`,
      ],
      {
        dir,
      },
    );
    expect([run.exitCode, run.stdout]).toEqual([
      0,
      expect.stringContaining('checks_succeeded...: 100.00%'),
    ]);
  }
});

it('overwrites nothing unasked, and knows its templates', async () => {
  const dir = folder({ 'script.js': 'mine' });
  const refused = await runCli(['new'], { dir });
  expect([refused.exitCode, refused.stderr]).toEqual([
    255,
    expect.stringContaining("'script.js' is there already"),
  ]);
  expect(readFileSync(join(dir, 'script.js'), 'utf8')).toBe('mine');
  for (const [args, text] of [
    [['--template', 'browser'], 'vurun has no browser yet'],
    [['--template', 'minimum'], "there is no template 'minimum' (did you mean 'minimal'?)"],
    [['script'], "'script' would be no script"],
  ] as const) {
    const wrong = await runCli(['new', ...args], { dir });
    expect([wrong.exitCode, wrong.stderr]).toEqual([255, expect.stringContaining(text)]);
  }
  const forced = await runCli(['new', '-f'], { dir });
  expect(forced.exitCode).toBe(0);
  expect(readFileSync(join(dir, 'script.js'), 'utf8')).toContain('export default function');
});
