import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Diagnosis } from '../diagnosis/contract.ts';
import { ExitCode, type ExitCodeNumber, messageOf, UserError } from '../errors.ts';
import { diagnosisLines } from '../report/diagnosis-text.ts';
import { ansiPalette, plainPalette } from '../report/palette.ts';
import { readResult } from '../results/result-reader.ts';
import type { Street } from './street.ts';

/** `vurun explain`: a diagnosis that was kept, with everything that was seen and ruled out. */
export function explainCommand(file: string, street: Street): ExitCodeNumber {
  const { stdout } = street;
  const coloured = stdout.isTty && (street.env.NO_COLOR ?? '') === '';
  const lines = diagnosisLines(
    readDiagnosis(file, street.cwd),
    coloured ? ansiPalette : plainPalette,
    { columns: (stdout.isTty && stdout.columns()) || undefined, full: true },
  );
  stdout.write(`${lines.join('\n')}\n`);
  return ExitCode.ok;
}

function readDiagnosis(file: string, cwd: string): Diagnosis {
  const fail = (why: string): UserError =>
    new UserError(
      ExitCode.usage,
      `cannot read a diagnosis from '${file}': ${why}`,
      'name the result file of a run, or what --diagnosis-export has written',
    );
  const path = resolve(cwd, file);
  let content: unknown;
  try {
    if (isPacked(path)) {
      const { end } = readResult(path, file);
      if (end === undefined) throw fail('its run was killed before it came to a verdict');
      content = end.diagnosis;
    } else content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    throw thrown instanceof UserError ? thrown : fail(messageOf(thrown));
  }
  const { version, gate, verdicts } = (content ?? {}) as Partial<Diagnosis>;
  if (version !== 1 || gate === undefined || !Array.isArray(verdicts)) {
    throw fail('it holds none of a version this vurun knows');
  }
  return content as Diagnosis;
}

/** A result file begins as every gzipped file does. */
function isPacked(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const magic = Buffer.alloc(2);
    readSync(file, magic);
    return magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    closeSync(file);
  }
}
