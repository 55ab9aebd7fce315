import { relative, resolve } from 'node:path';
import { ExitCode, type ExitCodeNumber, messageOf, UserError } from '../errors.ts';
import { pageData, pageHtml } from '../report/page-html.ts';
import { printable } from '../report/printable.ts';
import { readResult } from '../results/result-reader.ts';
import type { ReportSettings } from './command.ts';
import { writableProblem, writeWhole } from './output-file.ts';
import type { Street } from './street.ts';

/** `vurun report`: one HTML page of a result. */
export async function reportCommand(
  { result, output }: ReportSettings,
  street: Street,
): Promise<ExitCodeNumber> {
  const read = readResult(resolve(street.cwd, result), result);
  const target = output ?? `${result.replace(/(\.vurun)?\.gz$/, '')}.html`;
  const fail = (why: string): UserError =>
    new UserError(
      ExitCode.usage,
      `cannot write the report '${target}': ${why}`,
      'name another file with -o FILE.html',
    );
  const problem = writableProblem(street.cwd, target);
  if (problem !== undefined) throw fail(problem);
  const html = await pageHtml(pageData(read));
  try {
    writeWhole(street.cwd, target, html);
  } catch (thrown) {
    throw fail(messageOf(thrown));
  }
  const shown = relative(street.cwd, resolve(street.cwd, target));
  street.stdout.write(`${printable(shown.startsWith('..') ? target : shown)}\n`);
  return ExitCode.ok;
}
