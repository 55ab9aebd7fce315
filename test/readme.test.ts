/** What the README shows works: its script runs, and its commands exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../src/simulator/simulator.ts';
import { runCli } from './support/cli.ts';
import { runGuest } from './support/guest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('the README', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(async () => {
    await simulator.close();
  });

  it('shows a script that runs as it stands', async () => {
    const script = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] as string;
    const { exitCode, stdout, stderr } = await runCli(
      [
        'run',
        'script.ts',
        '-i',
        '3',
        '-u',
        '3',
        '-q',
        '-e',
        `BASE=${simulator.url}`,
        '-e',
        `BASE_WS=${simulator.wsUrl}`,
      ],
      { files: { 'script.ts': script } },
    );
    expect(stderr).toBe('');
    expect(stdout).toContain('checks_succeeded...: 100.00% 6 out of 6');
    expect(exitCode).toBe(0);
  });

  it('shows people from JMeter what they can write', async () => {
    const section = /## Coming from JMeter\n([\s\S]*?)\n## /.exec(readme)?.[1] as string;
    const spans = [...section.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
    const shown = spans.filter((code) => code.includes('('));
    // Option values belong into an object. Waits are begun and cut off, as nobody has minutes for them.
    const lines = shown.map((code) =>
      /^(\.\.\.|\w+:)/.test(code) ? `({ ${code} });` : `${code.replace('await ', '')};`,
    );
    const { logs, failures, ends } = await runGuest(
      `import * as load from 'vurun/load';
       import * as pacing from 'vurun/pacing';
       Object.assign(globalThis, load, pacing);
       export default () => { ${lines.join('\n')} console.log('all') }`,
      { interruptAfterMs: 100 },
    );
    expect(shown.length).toBeGreaterThan(10);
    expect(failures).toEqual([]);
    expect([logs.map(({ text }) => text), ends]).toEqual([['all'], ['interrupted']]);
  });

  it('shows what the plan check says', async () => {
    const section = readme.slice(readme.indexOf('## Before it runs'));
    const options = /```ts\n([\s\S]*?)```/.exec(section)?.[1];
    const line = /^level=warning .*$/m.exec(readme)?.[0] as string;
    const script = `import type { Options } from 'vurun';\n${options}export default function () {}\n`;
    const run = await runCli(['inspect', 'main.ts'], { files: { 'main.ts': script } });
    expect(run.stderr.trim().split('\n')).toEqual([expect.stringContaining(line)]);
  });

  it('shows the verdict of an example that is there, in words vurun has', async () => {
    const [, script] = /`vurun run (examples\/\S+) --sim seed-000`/.exec(readme) ?? [];
    const run = await runCli([
      'inspect',
      join(root, script as string),
      '-e',
      'BASE=http://127.0.0.1:1',
    ]);
    expect(run.exitCode).toBe(0);
    const shown = /█ VERDICT\n([\s\S]*?)```/.exec(readme)?.[1] as string;
    const sources = ['capacity', 'session'].map((family) =>
      readFileSync(join(root, `src/diagnosis/${family}-rules.ts`), 'utf8'),
    );
    for (const words of ['the target takes about', 'sessions were held at the refusals']) {
      expect(shown).toContain(words);
      expect(sources.join()).toContain(words);
    }
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, name] of readme.matchAll(/npm (?:run )?(start|test|check|bench|validate)\b/g)) {
      expect(scripts).toHaveProperty(name as string);
    }
  });
});
