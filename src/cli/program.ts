import { Command as Commander, CommanderError, Option } from 'commander';
import { parseDuration } from '../duration.ts';
import { ExitCode, UserError } from '../errors.ts';
import { wrap } from '../report/line.ts';
import { didYouMean } from '../script/nearest.ts';
import { presetNames } from '../simulator/presets.ts';
import type { CapacitySettings, Command, SimSettings } from './command.ts';
import { type FlagRow, laterCommands, laterFlags, runFlags } from './flags.ts';
import { type GivenFlags, longName, readSettings } from './settings.ts';

const commandNames = [
  'run',
  'inspect',
  'archive',
  'new',
  'explain',
  'compare',
  'report',
  'discriminate',
  'find-capacity',
  'sim',
  'version',
  'help',
];
/** Those that take a script and the flags of a run. */
const scriptCommands = ['run', 'inspect', 'archive', 'discriminate', 'find-capacity'];
/** Switches that may stand in front of the command, as in `vurun -q run script.ts`. */
const leading = new Set(['-q', '--quiet', '-v', '--verbose', '--no-color']);
const isSwitch = (row: FlagRow) => !/[<[]/.test(row.flags);

const examples = `
Examples:
  $ vurun script.ts                              run a script with its own options
  $ vurun run -u 50 -d 1m script.ts              50 virtual users for a minute
  $ vurun run -s 30s:200 -s 1m:200 script.ts     ramp to 200 and stay there
  $ vurun run -e BASE=http://127.0.0.1:8080 --summary-export out.json script.ts
  $ vurun new script.js                          a script to begin with
  $ vurun archive script.js -O test.tar          a script with all it needs, for \`vurun run test.tar\`
  $ vurun inspect script.ts                      what would run, without running it
  $ vurun sim --preset seed-004 --port 8080      a platform to try scripts on`;
const exitCodes = `
Exit codes: 0 done, 99 a threshold was crossed, 104 options are wrong, 105 interrupted,
107 the script failed in init, setup or teardown, 108 the script aborted, 255 wrong usage.`;

/** Who reads a command line, and what for. */
export interface Reader {
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** For `vurun version`. */
  versionText: string;
}

/** Reads a command line. Throws a UserError (255) with one sentence when it makes no sense. */
export function readCommandLine(reader: Reader): Command {
  const args = withCommand(reader.argv);
  const explicit = new Map<FlagRow, boolean>();
  const isRun = scriptCommands.includes(args[0] as string);
  const rest = isRun ? normalize(args.slice(1), explicit) : args.slice(1);

  let printed = '';
  let found: Command | undefined;
  const root = new Commander('vurun')
    .description('Load tests for real-time platforms.')
    .usage('[command] [flags] script.ts')
    .version(reader.versionText, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      // The error is thrown as well, and told once, where the others are.
      writeErr: () => {},
    })
    .addHelpText('after', `${examples}\n${exitCodes}`);

  const readRun = (command: Commander, systemEnv = true) => {
    const settings = readSettings(givenFlags(command, explicit), reader.env, systemEnv);
    if (settings.ui !== undefined && command.name() !== 'run') {
      throw usage(
        `--ui shows one run: it goes with run, not with ${command.name()}`,
        command.name(),
      );
    }
    return settings;
  };
  withRunFlags(root.command('run').argument('<script>', "the script, or '-' for standard input"))
    .description('run a load test')
    .addHelpText('after', examples)
    .action((script: string, _: unknown, command: Commander) => {
      found = { name: 'run', script, settings: readRun(command) };
    });
  withRunFlags(root.command('inspect').argument('<script>', "the script, or '-'"))
    .description('print options and plan as JSON, run nothing')
    .option('--execution-requirements', 'add the most VUs and the longest duration')
    .action((script: string, own: { executionRequirements?: true }, command: Commander) => {
      found = {
        name: 'inspect',
        script,
        settings: readRun(command),
        executionRequirements: own.executionRequirements === true,
      };
    });
  root
    .command('sim')
    .description('run the platform simulator until Ctrl-C')
    .option('--preset <name>', 'what the platform does', 'healthy')
    .option('--port <n>', 'port to listen on; 0 takes a free one', '0')
    .option('--set <knob=value>', 'change one knob; may be repeated', collect)
    .option('--list [name]', 'explain presets, knobs, or the one of that name')
    .option('--scale <factor>', 'multiply every time of the preset')
    .option('--seed <n>', 'seed of every random choice')
    .option('--ledger <file>', 'write every decision to this file')
    .option('--listen <address>', 'address to listen on (default: this machine only)')
    .addOption(new Option('--until-stdin-ends').hideHelp())
    .addHelpText(
      'after',
      [
        '\n`vurun sim --list` explains the presets and the knobs.',
        ...wrap(['Presets:', ...presetNames.join(', ').split(' ')], 80, 2),
      ].join('\n'),
    )
    .action((own: RawSim) => {
      found =
        own.list === undefined
          ? { name: 'sim', settings: readSim(own) }
          : { name: 'sim-list', topic: own.list === true ? undefined : own.list };
    });
  withRunFlags(root.command('archive').argument('<script>', 'the script'))
    .description('write a script and all it needs into one file')
    .option('-O, --archive-out <file>', 'the archive to write', 'archive.tar')
    .option('--exclude-env-vars', 'leave __ENV out of it')
    .action(
      (script: string, own: { archiveOut: string; excludeEnvVars?: true }, command: Commander) => {
        found = {
          name: 'archive',
          script,
          // As in k6 an archive holds no environment that was not asked for.
          settings: readRun(command, false),
          archive: { file: own.archiveOut, excludeEnv: own.excludeEnvVars === true },
        };
      },
    );
  root
    .command('new')
    .description('write a script to begin with')
    .argument('[file]', 'the script to write', 'script.js')
    .option('--template <name>', 'minimal or protocol', 'minimal')
    .option('-f, --force', 'overwrite the file')
    .action((file: string, own: { template: string; force?: true }) => {
      found = {
        name: 'new',
        settings: { file, template: own.template, force: own.force === true },
      };
    });
  withRunFlags(root.command('discriminate').argument('<script>', 'the script'))
    .description('run the same load at several paces: is a limit one at once, or one by time?')
    .action((script: string, _: unknown, command: Commander) => {
      found = { name: 'discriminate', script, settings: readRun(command) };
    });
  withRunFlags(root.command('find-capacity').argument('<script>', 'the script'))
    .description('search the highest load that meets the objectives')
    .option('--slo <objective>', "for example 'http_req_duration p(95)<500ms'", collect)
    .option('--settle <time>', 'the first part of each run, which is not judged', '0s')
    .option('--precision <share>', 'how close to come to the limit', '10%')
    .addHelpText('after', capacityHelp)
    .action((script: string, own: RawCapacity, command: Commander) => {
      const capacity = readCapacity(own);
      found = { name: 'find-capacity', script, settings: readRun(command), capacity };
    });
  root
    .command('explain')
    .description('read the verdict of a run again, with all evidence')
    .argument('<file>', 'a result file, or what --diagnosis-export wrote')
    .action((file: string) => {
      found = { name: 'explain', file };
    });
  root
    .command('compare')
    .description('hold results against each other: what changed, and is it more than chance?')
    .argument('<before>', 'a result file')
    .argument('<after...>', 'one or more further ones')
    .option('--fail-on-regression <rule>', "exit with 99, for example 'p(95)>+10%'", collect)
    .option('--markdown', 'print markdown')
    .option('--html <file>', 'write a page as well')
    .action(
      (
        before: string,
        after: string[],
        own: { failOnRegression?: string[]; markdown?: true; html?: string },
      ) => {
        found = {
          name: 'compare',
          settings: {
            files: [before, ...after],
            failOn: own.failOnRegression ?? [],
            markdown: own.markdown === true,
            html: own.html,
          },
        };
      },
    );
  root
    .command('report')
    .description('make one HTML page of a result: verdict, charts, tables; it loads nothing')
    .argument('<result>', 'the result file of a run')
    .option('-o, --output <file>', 'the page to write (default: beside the result)')
    .action((result: string, own: { output?: string }) => {
      found = { name: 'report', settings: { result, output: own.output } };
    });
  root
    .command('version')
    .description('print the version')
    .action(() => {
      found = { name: 'print', text: `${reader.versionText}\n` };
    });

  try {
    root.parse([args[0] as string, ...rest], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return { name: 'print', text: printed };
    throw usage(sentence(thrown), args[0]);
  }
  return found ?? { name: 'print', text: printed };
}

function usage(message: string, command?: string): UserError {
  const help = commandNames.includes(command ?? '') ? `vurun ${command} --help` : 'vurun --help';
  return new UserError(ExitCode.usage, message, `\`${help}\` shows what there is`);
}

function sentence(error: CommanderError): string {
  const missing = /missing required argument '(\w+)'/.exec(error.message)?.[1];
  if (missing === 'result') return 'name the result file of a run';
  if (missing === 'file') return 'name the file to read';
  if (missing !== undefined) return 'name the script to run, or - for stdin';
  return error.message
    .replace(/^error: /, '')
    .replace(/\n?\(Did you mean (.*)\?\)$/s, " (did you mean '$1'?)")
    .replaceAll('\n', ' ');
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** The arguments with their command in front: `vurun script.ts` is `vurun run script.ts`. */
function withCommand(argv: readonly string[]): string[] {
  const at = argv.findIndex((arg) => !leading.has(arg));
  const first = argv[at];
  if (first === undefined) {
    if (argv.length === 0) return ['--help'];
    throw usage('name a script to run, for example `vurun script.ts`');
  }
  const ahead = argv.slice(0, at);
  if (commandNames.includes(first)) return [first, ...ahead, ...argv.slice(at + 1)];
  if (['-h', '--help', '--version'].includes(first)) return [first];
  if (laterCommands.includes(first)) {
    throw usage(`k6's command '${first}' is not supported by vurun yet`);
  }
  // A script has an extension or a folder in its name; a bare word is a command, or meant to be.
  if (/^\w+$/.test(first)) {
    throw usage(`unknown command '${first}'${didYouMean(first, commandNames)}`);
  }
  return ['run', ...argv];
}

/**
 * Go's way of writing flags made into commander's: `-u=5`, `--no-setup=false`, and `--http-debug`
 * and `--ui` without taking the script for their value. Switches with a value go to `explicit`.
 */
function normalize(args: readonly string[], explicit: Map<FlagRow, boolean>): string[] {
  const switches = new Map(runFlags.filter(isSwitch).map((row) => [`--${longName(row)}`, row]));
  const takesValue = new Set(
    runFlags
      .filter((row) => row.flags.includes('<'))
      .flatMap((row) => row.flags.replace(/ <.*/, '').split(', ')),
  );
  const out: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') return [...out, ...args.slice(i)];
    const [, name = arg, value] = /^(--?[\w-]+)=(.*)$/s.exec(arg) ?? [];
    if (laterFlags.includes(name)) throw usage(`${name} is not supported by vurun yet`, 'run');
    const row = switches.get(name);
    if (takesValue.has(arg)) {
      // What follows is its value, whatever it looks like.
      out.push(arg, ...args.slice(i + 1, i + 2));
      i += 1;
    } else if (row && value !== undefined) {
      if (!/^(1|t|true|0|f|false)$/i.test(value)) {
        throw usage(`${name} is a switch: write ${name}, ${name}=true or ${name}=false`, 'run');
      }
      explicit.set(row, /^(1|t|true)$/i.test(value));
    } else if (arg === '--http-debug') out.push('--http-debug=headers');
    else if (arg === '--ui') out.push('--ui=0');
    else if (value !== undefined && /^-\w$/.test(name)) out.push(name, value);
    else out.push(arg);
  }
  return out;
}

function withRunFlags(command: Commander): Commander {
  for (const row of runFlags) {
    const option = new Option(row.flags, row.help);
    if (row.repeat) option.argParser(collect);
    // Each row keeps its value under its long name: commander would fold `--no-x` into `x`.
    option.negate = false;
    option.attributeName = () => longName(row);
    command.addOption(option);
  }
  return command;
}

function givenFlags(command: Commander, explicit: ReadonlyMap<FlagRow, boolean>): GivenFlags {
  const values = command.opts<Record<string, boolean | string | string[]>>();
  const given = new Map<FlagRow, boolean | string | readonly string[]>();
  for (const row of runFlags) {
    const value = explicit.get(row) ?? values[longName(row)];
    if (value !== undefined) given.set(row, value);
  }
  return given;
}

const capacityHelp = `
Loads are multiples of the script's own: more VUs, or higher rates. A load that misses is tried again.
An objective is a metric, a statistic and a bound: 'http_req_failed<1%', 'checks>99%',
'http_req_duration p(95)<500ms'. Without --slo the script's thresholds are the objectives.`;

interface RawCapacity {
  slo?: string[];
  settle: string;
  precision: string;
}

function readCapacity({ slo = [], settle, precision }: RawCapacity): CapacitySettings {
  const settleMs = parseDuration(settle);
  if (settleMs === undefined || settleMs < 0) {
    throw usage(`--settle: '${settle}' is no duration such as 10s`, 'find-capacity');
  }
  const share = /^(\d+(?:\.\d+)?)%$/.exec(precision)?.[1];
  if (share === undefined || Number(share) < 1) {
    throw usage(`--precision: '${precision}' is no share of at least 1%`, 'find-capacity');
  }
  return { objectives: slo, settleMs, precision: Number(share) / 100 };
}

interface RawSim {
  preset: string;
  port: string;
  set?: string[];
  scale?: string;
  seed?: string;
  ledger?: string;
  listen?: string;
  list?: true | string;
  untilStdinEnds?: true;
}

function readSim(own: RawSim): SimSettings {
  const port = wholeNumber('port', own.port, 65_535);
  const scale = own.scale === undefined ? undefined : Number(own.scale);
  if (scale !== undefined && !(scale > 0 && Number.isFinite(scale))) {
    throw usage(`--scale: '${own.scale}' is no number above 0`, 'sim');
  }
  return {
    preset: own.preset,
    port,
    set: own.set ?? [],
    scale,
    seed: own.seed === undefined ? undefined : wholeNumber('seed', own.seed, 0xffff_ffff),
    ledger: own.ledger,
    listen: own.listen,
    untilStdinEnds: own.untilStdinEnds === true,
  };
}

function wholeNumber(flag: string, text: string, most: number): number {
  if (/^\d+$/.test(text) && Number(text) <= most) return Number(text);
  throw usage(`--${flag}: '${text}' is no whole number from 0 to ${most}`, 'sim');
}
