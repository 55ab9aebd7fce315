import { describe, expect, it } from 'vitest';
import { simulatorList } from '../src/cli/sim-list.ts';
import { plainPalette } from '../src/report/palette.ts';
import {
  applyKnobs,
  describeKnobs,
  healthyKnobs,
  parseKnobSettings,
} from '../src/simulator/knobs.ts';
import { presetKnobs, presetNames } from '../src/simulator/presets.ts';
import { runCli } from './support/cli.ts';

const list = (topic?: string, columns = 80) =>
  simulatorList(topic, { columns, palette: plainPalette });

describe('vurun sim --list', () => {
  it.each([80, 120, 300])('fits %i columns, and stays readable on wide ones', (columns) => {
    const lines = list(undefined, columns).split('\n');
    const widest = Math.max(...lines.map((line) => line.length));
    expect(widest).toBeLessThanOrEqual(Math.min(columns, 120));
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
  });

  it('has every preset with its verdict and every knob with its value', () => {
    const text = list();
    for (const name of presetNames) expect(text).toMatch(new RegExp(`^    ${name} `, 'm'));
    expect(text.match(/verdict: /g)).toHaveLength(presetNames.length);
    for (const { name } of describeKnobs()) {
      const last = name.slice(name.lastIndexOf('.') + 1);
      expect(text).toMatch(new RegExp(`^ +\\.?${last}\\b`, 'm'));
    }
    expect(`${list('presets')}\n${list('knobs')}`).toBe(text);
  });

  it('tells the whole story of one preset, and how to have it by knobs', () => {
    expect(list('other-bucket', 120)).toBe(
      [
        'other-bucket: a limit of 60 a minute on one path, while the headers show another one of 300',
        '  plan     100 users in 30 s, a conversation each: 40 times 429, inin-ratelimit-count below allowed in each',
        '  verdict  rate limit (R1) by another bucket than the headers show',
        '  twin     seed-002: 300 REST calls a minute per token, and a client that retries too early',
        "  same as  vurun sim --set rest.limit=300 --set 'restBuckets.calls.match=POST /api/v2/conversations/calls' --set",
        '           restBuckets.calls.limit=60',
        '',
      ].join('\n'),
    );
  });

  it('tells of one knob, or of a group of them', () => {
    expect(list('hangMs', 120)).toMatch(/^ {2}hangMs {2}30s {2}overCap=hang408 and hangDrop hold/m);
    expect(list('rest.retryAfter', 120)).toContain('(delta | date | rfc850 | asctime | none)');
    expect(list('drop')).toMatch(/drop {9}off .*\n {4}\.everyNth {2}9/);
  });

  it('says so when there is nothing of that name', async () => {
    expect(() => list('seed-04')).toThrow(
      "no preset and no knob 'seed-04' (did you mean 'seed-004'?)",
    );
    const { exitCode, stdout, stderr } = await runCli(['sim', '--list', 'nonsense']);
    expect([exitCode, stdout]).toEqual([255, '']);
    expect(stderr).toContain("no preset and no knob 'nonsense'");
    expect(await runCli(['sim', '--list', 'healthy'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('healthy: nothing is wrong\n'),
    });
  });

  it.each(presetNames)('gives settings that make %s', (name) => {
    const whole = list(name)
      .replace(/^[\s\S]* same as /, '')
      .replaceAll(/\s+/g, ' ');
    const settings = [...whole.matchAll(/--set ('[^']*'|\S+)/g)].map((match) =>
      (match[1] as string).replaceAll("'", ''),
    );
    expect(applyKnobs(healthyKnobs, parseKnobSettings(settings))).toEqual(
      applyKnobs(healthyKnobs, presetKnobs(name)),
    );
  });
});
