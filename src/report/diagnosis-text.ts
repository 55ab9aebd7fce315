/** The first block of the summary: whether the generator was sound, what happened, whose doing it was. */
import type { Diagnosis, Party, Verdict } from '../diagnosis/contract.ts';
import { wrap } from './line.ts';
import type { Palette } from './palette.ts';
import { printable } from './printable.ts';

export interface DiagnosisTextOptions {
  /** Width of the terminal; without it lines are never broken. */
  columns?: number | undefined;
  /** With everything that was seen and ruled out. */
  full: boolean;
}

const parties: Readonly<Record<Party, string>> = {
  generator: 'this generator',
  script: 'the test script',
  target: 'the target',
  network: 'the network between',
  unknown: 'not known',
};

/** Lines of the block, without its title; none when nothing was attempted. */
export function diagnosisLines(
  diagnosis: Diagnosis,
  palette: Palette,
  { columns, full }: DiagnosisTextOptions,
): string[] {
  const { gate, verdicts, further } = diagnosis;
  const broken = (text: string, hanging: number): string[] =>
    wrap(printable(text).split(/(?<=\S) /), columns, hanging);
  const lines: string[] = [];
  const facts = gate.healthy ? gate.facts : gate.problems;
  const health = `Your generator was ${gate.healthy ? 'healthy' : 'NOT healthy'}${facts.length === 0 ? '' : `: ${facts.join(' · ')}`}`;
  const [head = '', ...rest] = broken(health, 2);
  lines.push(
    ...[`${gate.healthy ? '✓' : '✗'} ${head}`, ...rest].map(
      gate.healthy ? palette.green : palette.red,
    ),
  );
  if (verdicts.length === 0) {
    lines.push(
      diagnosis.failures === 0
        ? palette.green('✓ Nothing failed.')
        : palette.yellow(`! ${diagnosis.failures} failures, and no pattern in them.`),
    );
  }
  verdicts.forEach((verdict, index) => {
    lines.push('', ...verdictLines(verdict, `${index + 1}. `, palette, broken, full));
  });
  if (further.length > 0) {
    lines.push('');
    for (const verdict of further) {
      if (full) lines.push(...verdictLines(verdict, '+ ', palette, broken, full), '');
      else {
        lines.push(
          ...broken(`+ ${verdict.title} (${verdict.word}, ${parties[verdict.party]})`, 2).map(
            palette.dim,
          ),
        );
      }
    }
  }
  lines.push(...leftLines(diagnosis, palette, broken));
  return lines;
}

type Broken = (text: string, hanging: number) => string[];

function verdictLines(
  verdict: Verdict,
  mark: string,
  palette: Palette,
  broken: Broken,
  full: boolean,
): string[] {
  const { title, word, confidence, party, failures, evidence, ruledOut, next, ids } = verdict;
  const colour = party === 'generator' || party === 'script' ? palette.yellow : palette.red;
  const hang = mark.length;
  const pad = ' '.repeat(hang);
  const lines = broken(`${mark}${title}`, hang).map((line) => palette.bold(colour(line)));
  const count = failures === 0 ? '' : ` · ${failures} ${failures === 1 ? 'failure' : 'failures'}`;
  lines.push(
    `${pad}${word} (${confidence.toFixed(2)}) · ${parties[party]}${count} · rule ${verdict.rule}`,
  );
  const add = (text: string, indent: number): void => {
    lines.push(...broken(`${' '.repeat(indent)}${text}`, indent + 2));
  };
  for (const line of full ? evidence : evidence.slice(0, 3)) add(`- ${line}`, hang);
  for (const line of full ? ruledOut : ruledOut.slice(0, 1)) add(`not: ${line}`, hang);
  add(`next: ${next}`, hang);
  if (ids.length > 0) {
    const shown =
      full || ids.length <= 3 ? ids.join(' ') : `${ids.slice(0, 2).join(' ')} … ${ids.at(-1)}`;
    lines.push(...broken(`${pad}ids: ${shown}`, hang + 2).map(palette.dim));
  }
  return lines;
}

/** What no verdict accounts for. */
function leftLines(
  { failures, explained, unexplained }: Diagnosis,
  palette: Palette,
  broken: Broken,
): string[] {
  if (failures === 0) return [];
  const lines = ['', `${explained} of ${failures} failures explained.`];
  for (const { what, count } of unexplained.slice(0, 5)) {
    lines.push(...broken(`? ${count}× ${what}`, 2).map(palette.yellow));
  }
  if (unexplained.length > 5) lines.push(`  … and ${unexplained.length - 5} more kinds`);
  return lines;
}
