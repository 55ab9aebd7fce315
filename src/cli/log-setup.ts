import type { LogSink } from '../log.ts';
import { ansiPalette, plainPalette } from '../report/palette.ts';
import type { RunSettings } from './command.ts';
import { type LogStyle, logPrinter } from './log-printer.ts';
import { type LineFile, openLineFile } from './output-file.ts';
import type { Street } from './street.ts';

/** The log of a command: where its lines go, and what must be closed in the end. */
export interface Log {
  sink: LogSink;
  /** What keeps these files from being written, one sentence each. */
  problems: string[];
  /** Lets lines of the terminal pass by something that paints there. */
  through(pass: (print: () => void) => void): void;
  close(): void;
}

/** Opens the files the log needs and makes its sink. `redact` takes secrets out of what is written. */
export function openLog(
  settings: RunSettings,
  street: Street,
  redact: (text: string) => string,
): Log {
  const { logOutput, logFormat, consoleOutput, verbose } = settings;
  const problems: string[] = [];
  const files: LineFile[] = [];
  let pass = (print: () => void) => print();
  const open = (what: string, path: string): ((text: string) => void) => {
    const file = openLineFile(street.cwd, path, (reason) => {
      // Not through the sink: that may be the very file that just failed.
      pass(() => street.stderr.write(`writing ${what} '${path}' stopped: ${reason}\n`));
    });
    if (typeof file === 'string') {
      problems.push(`${what} '${path}': ${file}`);
      return () => {};
    }
    files.push(file);
    return file.write;
  };
  const writeConsole =
    consoleOutput === undefined ? undefined : open('the console output', consoleOutput);
  const terminal = logOutput.to === 'stdout' ? street.stdout : street.stderr;
  const isTty = logOutput.to !== 'file' && logOutput.to !== 'none' && terminal.isTty;
  const style: LogStyle = {
    format: logFormat,
    isTty,
    palette: isTty && !settings.noColor ? ansiPalette : plainPalette,
    startedAt: Date.now(),
  };
  const write =
    logOutput.to === 'file'
      ? open('the log file', logOutput.path)
      : logOutput.to === 'none'
        ? () => {}
        : (text: string) => pass(() => terminal.write(text));
  return {
    sink: logPrinter({ style, verbose, write, writeConsole, redact }),
    problems,
    through(next) {
      pass = next;
    },
    close() {
      for (const file of files) file.close();
    },
  };
}
