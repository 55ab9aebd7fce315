import { ExitCode, type ExitCodeNumber, messageOf, UserError } from '../errors.ts';
import { ansiPalette, plainPalette } from '../report/palette.ts';
import { printable } from '../report/printable.ts';
import { archiveCommand } from './archive-command.ts';
import { compareCommand } from './compare-command.ts';
import { discriminateCommand } from './discriminate-command.ts';
import { type Engine, loadEngine } from './engine.ts';
import { explainCommand } from './explain-command.ts';
import { findCapacityCommand } from './find-capacity-command.ts';
import { inspectCommand } from './inspect-command.ts';
import { formatLogLine, type LogFormat } from './log-printer.ts';
import { newCommand } from './new-command.ts';
import { readCommandLine } from './program.ts';
import { runCommand } from './run-command.ts';
import { simCommand } from './sim-command.ts';
import type { Street } from './street.ts';
import { readVersion } from './version.ts';

/** One visit of the command line: reads it, does it, and turns every failure into words. */
export async function visit(
  street: Street,
  engine: () => Promise<Engine> = loadEngine,
): Promise<ExitCodeNumber> {
  let format: LogFormat = 'text';
  try {
    const command = readCommandLine({
      argv: street.argv,
      env: street.env,
      versionText: `vurun v${readVersion()} (${street.platform})`,
    });
    if ('script' in command) format = command.settings.logFormat;
    switch (command.name) {
      case 'print':
        street.stdout.write(command.text);
        return ExitCode.ok;
      case 'run':
        return await runCommand(command.script, command.settings, street, await engine());
      case 'inspect':
        return await inspectCommand(
          command.script,
          command.settings,
          command.executionRequirements,
          street,
          await engine(),
        );
      case 'archive':
        return await archiveCommand(
          command.script,
          command.settings,
          command.archive,
          street,
          await engine(),
        );
      case 'new':
        return newCommand(command.settings, street);
      case 'discriminate':
        return await discriminateCommand(command.script, command.settings, street, await engine());
      case 'find-capacity':
        return await findCapacityCommand(
          command.script,
          command.settings,
          command.capacity,
          street,
          await engine(),
        );
      case 'compare':
        return compareCommand(command.settings, street);
      case 'explain':
        return explainCommand(command.file, street);
      case 'report': {
        const { reportCommand } = await import('./report-command.ts');
        return await reportCommand(command.settings, street);
      }
      case 'sim':
        return await simCommand(command.settings, street);
      case 'sim-list': {
        const { simulatorList } = await import('./sim-list.ts');
        const colored =
          street.stdout.isTty && !street.argv.includes('--no-color') && !street.env.NO_COLOR;
        const palette = colored ? ansiPalette : plainPalette;
        const columns = street.stdout.columns() ?? 100;
        street.stdout.write(simulatorList(command.topic, { columns, palette }));
        return ExitCode.ok;
      }
    }
  } catch (thrown) {
    return tell(thrown, street, format);
  }
}

function tell(thrown: unknown, street: Street, format: LogFormat): ExitCodeNumber {
  const colored =
    street.stderr.isTty && !street.argv.includes('--no-color') && !street.env.NO_COLOR;
  const now = Date.now();
  const error = (message: string, fields?: Record<string, string>) =>
    street.stderr.write(
      formatLogLine(
        { level: 'error', time: now, message, ...(fields ? { fields } : {}) },
        {
          format,
          isTty: street.stderr.isTty,
          palette: colored ? ansiPalette : plainPalette,
          startedAt: now,
        },
      ),
    );
  if (thrown instanceof UserError) {
    const { message, hint, exitCode } = thrown;
    if (format === 'text') {
      // The last word of a run is for people, in a CI log too: its lines stay lines.
      const [first = '', ...more] = message.split('\n');
      error(first);
      const lines = [...more, ...(hint === undefined ? [] : [`  ${hint}`])];
      for (const line of lines) street.stderr.write(`${printable(line, '\t')}\n`);
    } else error(message, hint === undefined ? undefined : { hint });
    return exitCode;
  }
  error(`vurun crashed; this is a bug in vurun: ${messageOf(thrown)}`);
  const verbose = street.argv.includes('-v') || street.argv.includes('--verbose');
  if (verbose && thrown instanceof Error && thrown.stack) street.stderr.write(`${thrown.stack}\n`);
  if (!verbose) street.stderr.write('Run it again with --verbose to see where.\n');
  return ExitCode.panic;
}
