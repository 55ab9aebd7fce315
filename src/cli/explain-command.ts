import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Diagnosis } from '../diagnosis/contract.ts';
import { ExitCode, type ExitCodeNumber, messageOf, UserError } from '../errors.ts';
import { diagnosisLines } from '../report/diagnosis-text.ts';
import { ansiPalette, plainPalette } from '../report/palette.ts';
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
      'name a file that `vurun run --diagnosis-export FILE` has written',
    );
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(resolve(cwd, file), 'utf8'));
  } catch (thrown) {
    throw fail(messageOf(thrown));
  }
  const { version, gate, verdicts } = (content ?? {}) as Partial<Diagnosis>;
  if (version !== 1 || gate === undefined || !Array.isArray(verdicts)) {
    throw fail('it holds none of a version this vurun knows');
  }
  return content as Diagnosis;
}
