/** `vurun sim --list`: what the simulator can do, in words. */
import { ExitCode, UserError } from '../errors.ts';
import { visibleWidth, wrap } from '../report/line.ts';
import type { Palette } from '../report/palette.ts';
import { didYouMean } from '../script/nearest.ts';
import { describeKnobs, type KnobLine } from '../simulator/knobs.ts';
import { describePresets, type PresetLine } from '../simulator/presets.ts';

/** A terminal, as far as text is laid out for it. */
interface Paper {
  columns: number;
  palette: Palette;
}

/** Columns that are pleasant to read across. */
const mostColumns = 120;

/**
 * All presets and knobs, or all about one of them.
 * @throws UserError when there is no preset and no knob of that name
 */
export function simulatorList(topic: string | undefined, paper: Paper): string {
  const page = { ...paper, columns: Math.min(paper.columns, mostColumns) };
  if (topic === undefined) return `${presetList(page)}\n${knobList(describeKnobs(), page)}`;
  if (topic === 'presets') return presetList(page);
  if (topic === 'knobs') return knobList(describeKnobs(), page);
  const presets = describePresets();
  const preset = presets.find(({ name }) => name === topic);
  if (preset) return onePreset(preset, presets, page);
  const knobs = describeKnobs();
  const found = knobs.filter(({ name }) => name === topic || name.startsWith(`${topic}.`));
  if (found.length > 0) return knobList(found, page);
  const names = [...presets, ...knobs].map(({ name }) => name);
  throw new UserError(
    ExitCode.usage,
    `the simulator has no preset and no knob '${topic}'${didYouMean(topic, names)}`,
    '`vurun sim --list` shows what there is',
  );
}

function presetList({ columns, palette }: Paper): string {
  const presets = describePresets();
  const width = Math.max(...presets.map(({ name }) => name.length));
  const text: string[] = [
    palette.bold('PRESETS'),
    palette.dim('  vurun sim --preset NAME; `vurun sim --list NAME` tells the whole story of one'),
  ];
  let theme = '';
  for (const preset of presets) {
    if (preset.theme !== theme) text.push('', `  ${palette.bold(preset.theme)}`);
    theme = preset.theme;
    const indent = width + 6;
    text.push(...beside(`    ${preset.name}`, preset.shows, indent, columns));
    const verdict = beside('', `verdict: ${preset.verdict}`, indent, columns);
    text.push(...verdict.map((line) => palette.dim(line)));
  }
  return `${text.join('\n')}\n`;
}

function onePreset(
  { name, shows, plan, verdict, twin, knobs }: PresetLine,
  presets: readonly PresetLine[],
  { columns, palette }: Paper,
): string {
  const other = presets.find((preset) => preset.name === twin);
  const settings = settingsOf(knobs).map((setting) => `--set ${setting}`);
  const rows: [string, string][] = [
    ['plan', plan],
    ['verdict', verdict],
    ...(other ? [['twin', `${other.name}: ${other.shows}`] satisfies [string, string]] : []),
    ['same as', ['vurun sim', ...settings].join(' ')],
  ];
  const lines = rows.flatMap(([label, text]) =>
    beside(`  ${palette.dim(label)}`, text, 11, columns),
  );
  const head = wrap(`${name}: ${shows}`.split(' '), columns, 2).map((line) => palette.bold(line));
  return `${[...head, ...lines].join('\n')}\n`;
}

/** Knobs as `--set` takes them. */
function settingsOf(knobs: object, path: readonly string[] = []): string[] {
  return Object.entries(knobs).flatMap(([name, value]: [string, unknown]) => {
    const here = [...path, name];
    if (typeof value === 'object' && value !== null) return settingsOf(value, here);
    const text = value === null ? 'off' : String(value);
    const setting = `${here.join('.')}=${text}`;
    return [setting.includes(' ') ? `'${setting}'` : setting];
  });
}

function knobList(knobs: readonly KnobLine[], { columns, palette }: Paper): string {
  const isWhole = knobs.length > 1 && knobs[0]?.depth === 0 && !knobs[0].name.includes('.');
  // Below its group a knob goes by its last name; alone it needs the whole one.
  const names = knobs.map(({ name, depth }) =>
    isWhole && depth > 0 ? `${'  '.repeat(depth)}.${name.slice(name.lastIndexOf('.') + 1)}` : name,
  );
  const nameWidth = Math.max(...names.map((name) => name.length));
  const valueWidth = Math.max(...knobs.map(({ value }) => value?.length ?? 0));
  const indent = 2 + nameWidth + 2 + valueWidth + 2;
  const text = [
    palette.bold('KNOBS'),
    palette.dim('  --set NAME=VALUE, such as --set rest.limit=600, hangMs=10s or idleMs=off'),
    palette.dim('  The values shown are those nobody set; times are milliseconds or 1m30s.'),
    '',
  ];
  knobs.forEach(({ depth, kind, value = '', about }, i) => {
    if (depth === 0 && knobs[i + 1]?.depth === 1 && i > 0) text.push('');
    // Bounds are told to who oversteps them; choices have to be known before.
    const choices = kind.includes(' | ') && kind !== 'true | false' ? ` (${kind})` : '';
    const what = about === '' ? kind : `${about}${choices}`;
    const name = (names[i] as string).padEnd(nameWidth);
    const head = `  ${name}  ${palette.dim(value.padEnd(valueWidth))}`;
    text.push(...beside(head, what, indent, columns));
    if (depth > 0 && knobs[i + 1]?.depth === 0) text.push('');
  });
  return `${text
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

/** A head in a column of its own, and the text beside it in as many lines as it takes. */
function beside(head: string, text: string, indent: number, columns: number): string[] {
  const pad = ' '.repeat(Math.max(0, indent - 1 - visibleWidth(head)));
  return wrap([head + pad, ...text.split(' ')], columns, indent).map((line) => line.trimEnd());
}
