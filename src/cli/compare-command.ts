import { resolve } from 'node:path';
import { ExitCode, type ExitCodeNumber, messageOf, UserError } from '../errors.ts';
import { ansiPalette, type Palette, plainPalette } from '../report/palette.ts';
import { printable } from '../report/printable.ts';
import { formatNumber, formatShare, formatTime } from '../report/units.ts';
import { type ComparedStat, type Comparison, compare, isDifferent } from '../results/comparison.ts';
import { readResult } from '../results/result-reader.ts';
import type { CompareSettings } from './command.ts';
import { writeWhole } from './output-file.ts';
import type { Street } from './street.ts';

/** `vurun compare A B …`: each further result held against the first. */
export function compareCommand(settings: CompareSettings, street: Street): ExitCodeNumber {
  const { stdout, cwd } = street;
  const rules = settings.failOn.map(readRule);
  const [base, ...others] = settings.files.map((file) => ({
    file,
    result: readResult(resolve(cwd, file), file),
  }));
  if (base === undefined) return ExitCode.usage;
  const palette: Palette =
    stdout.isTty && (street.env.NO_COLOR ?? '') === '' ? ansiPalette : plainPalette;
  let regressed = false;
  const pages: Page[] = [];
  for (const { file, result } of others) {
    const comparison = compare(base.result, result);
    const broken = rules.flatMap((rule) => comparison.stats.filter((stat) => breaks(rule, stat)));
    regressed ||= broken.length > 0;
    const page = { before: base.file, after: file, comparison, broken };
    pages.push(page);
    stdout.write(settings.markdown ? markdown(page) : terminal(page, palette));
  }
  if (settings.html !== undefined) {
    try {
      writeWhole(cwd, settings.html, html(pages));
    } catch (thrown) {
      throw new UserError(ExitCode.usage, `cannot write '${settings.html}': ${messageOf(thrown)}`);
    }
  }
  return regressed ? ExitCode.thresholdsFailed : ExitCode.ok;
}

interface Page {
  before: string;
  after: string;
  comparison: Comparison;
  /** What `--fail-on-regression` does not allow. */
  broken: readonly ComparedStat[];
}

interface Rule {
  metric: string;
  stat: string;
  /** At least this change, as a share: above 0 for more, below for less. */
  change: number;
}

/** `p(95)>+10%`, `http_reqs per second<-5%`; without a metric it is http_req_duration. */
function readRule(text: string): Rule {
  const match =
    /^\s*(?:([a-zA-Z_]\w*(?:\{[^{}]*\})?)\s+)?(med|p\(\d+(?:\.\d+)?\)|rate|per second)\s*([<>])\s*([+-]\d+(?:\.\d+)?)%\s*$/.exec(
      text,
    );
  const [, metric = 'http_req_duration', stat = '', sign, number] = match ?? [];
  const change = Number(number) / 100;
  if (match === null || (sign === '>') !== change > 0) {
    throw new UserError(
      ExitCode.usage,
      `--fail-on-regression: '${text}' is no rule; write 'p(95)>+10%' or 'http_reqs per second<-5%'`,
      'statistics are med, p(95), p(99), per second and rate',
    );
  }
  return { metric, stat, change };
}

/** Beyond what is allowed, and beyond chance. */
function breaks(rule: Rule, { metric, stat, change, sense }: ComparedStat): boolean {
  if (metric !== rule.metric || stat !== rule.stat || sense === 'none') return false;
  return rule.change > 0 ? change > rule.change : change < rule.change;
}

// words --------------------------------------------------------------------------------------------

function value({ contains }: ComparedStat, number: number): string {
  if (contains === 'time') return formatTime(number);
  return contains === 'share' ? formatShare(number) : formatNumber(number, 2);
}

function change({ change: part, contains, before, after }: ComparedStat): string {
  if (contains === 'share') {
    const points = (after - before) * 100;
    return `${points >= 0 ? '+' : ''}${points.toFixed(1)} points`;
  }
  return Number.isNaN(part) ? 'new' : percent(part);
}

function percent(part: number): string {
  const number = part * 100;
  return `${number >= 0 ? '+' : ''}${number.toFixed(Math.abs(number) < 10 ? 1 : 0)} %`;
}

function range({ least, most, contains }: ComparedStat): string {
  return contains === 'share' || Number.isNaN(least) ? '' : `${percent(least)} … ${percent(most)}`;
}

const senses = { worse: 'worse', better: 'better', other: 'different', none: 'no difference' };

const columns = ['metric', '', 'before', 'after', 'change', '99 % between', ''] as const;

function cells(stat: ComparedStat): string[] {
  return [
    printable(stat.metric),
    stat.stat,
    value(stat, stat.before),
    value(stat, stat.after),
    change(stat),
    range(stat),
    senses[stat.sense],
  ];
}

function conclusion({ comparison, broken }: Page): string {
  if (broken.length > 0) {
    return `Regression: ${broken.map((one) => `${one.metric} ${one.stat} ${change(one)}`).join(', ')}.`;
  }
  if (!isDifferent(comparison)) return 'No difference that is more than chance.';
  const count = (sense: string): number =>
    comparison.stats.filter((stat) => stat.sense === sense).length;
  const parts = [
    [count('worse'), 'worse'],
    [count('better'), 'better'],
    [count('other'), 'different'],
    [comparison.come.length, 'new verdicts'],
    [comparison.gone.length, 'verdicts gone'],
  ] as const;
  return `${parts
    .filter(([many]) => many > 0)
    .map(([many, what]) => `${many} ${what}`)
    .join(', ')}.`;
}

function notes({ comparison }: Page): string[] {
  return [
    ...comparison.plan,
    ...comparison.come.map((title) => `new verdict ${title}`),
    ...comparison.gone.map((title) => `gone: verdict ${title}`),
  ];
}

function terminal(page: Page, palette: Palette): string {
  const rows = page.comparison.stats.map((stat) => ({ stat, texts: cells(stat) }));
  const widths = columns.map((title, i) =>
    Math.max(title.length, ...rows.map(({ texts }) => (texts[i] as string).length)),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) =>
        i < 2 || i === 6 ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number),
      )
      .join('  ')
      .trimEnd();
  const paint = {
    worse: palette.red,
    better: palette.green,
    other: palette.yellow,
    none: palette.dim,
  };
  return [
    '',
    `  ${palette.bold(`${printable(page.before)} → ${printable(page.after)}`)}`,
    '',
    ...notes(page).map((note) => `  ${palette.yellow('!')} ${printable(note)}`),
    ...(notes(page).length > 0 ? [''] : []),
    `  ${palette.dim(line(columns))}`,
    ...rows.map(({ stat, texts }) => `  ${paint[stat.sense](line(texts))}`),
    '',
    `  ${palette.bold(conclusion(page))}`,
    '',
    '',
  ].join('\n');
}

function markdown(page: Page): string {
  const row = (texts: readonly string[]): string =>
    `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    `### ${page.before} → ${page.after}`,
    '',
    `**${conclusion(page)}**`,
    '',
    ...notes(page).map((note) => `- ${note}`),
    ...(notes(page).length > 0 ? [''] : []),
    row(columns),
    row(['---', '---', '---:', '---:', '---:', '---:', '---']),
    ...page.comparison.stats.map((stat) => row(cells(stat))),
    '',
    '',
  ].join('\n');
}

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
th:nth-child(-n+2), td:nth-child(-n+2), th:last-child, td:last-child { text-align: left; }
.worse td:last-child, .worse td:nth-child(5) { color: light-dark(#b3261e, #ff8a80); font-weight: 600; }
.better td:last-child, .better td:nth-child(5) { color: light-dark(#1b6e3c, #7ddc9f); font-weight: 600; }
.none { opacity: .65; }
div { overflow-x: auto; }`;

function html(pages: readonly Page[]): string {
  const escape = (text: string): string =>
    text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
  const tag = (name: string, texts: readonly string[]): string =>
    texts.map((text) => `<${name}>${escape(text)}</${name}>`).join('');
  const sections = pages.map(
    (page) => `<h1>${escape(page.before)} → ${escape(page.after)}</h1>
<p><strong>${escape(conclusion(page))}</strong></p>
${notes(page).length === 0 ? '' : `<ul>${tag('li', notes(page))}</ul>`}
<div><table><thead><tr>${tag('th', columns)}</tr></thead><tbody>
${page.comparison.stats.map((stat) => `<tr class="${stat.sense}">${tag('td', cells(stat))}</tr>`).join('\n')}
</tbody></table></div>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>vurun compare</title><style>${style}</style></head><body>
${sections.join('\n')}
</body></html>
`;
}
