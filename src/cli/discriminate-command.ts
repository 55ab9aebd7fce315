import { discriminate, type Limit } from '../diagnosis/discriminate.ts';
import { ExitCode, type ExitCodeNumber, UserError } from '../errors.ts';
import { wrap } from '../report/line.ts';
import { ansiPalette, type Palette, plainPalette } from '../report/palette.ts';
import { hasPace } from '../script/reshape.ts';
import type { RunSettings } from './command.ts';
import type { Engine } from './engine.ts';
import type { Street } from './street.ts';
import { runTrial } from './trial.ts';

/** How much slower the further runs are. The second is made when the first does not decide. */
const factors = [2, 4];

/**
 * `vurun discriminate`: one load at several paces. A limit of sessions at once stays where it is, a limit
 * by time moves or vanishes.
 */
export async function discriminateCommand(
  script: string,
  settings: RunSettings,
  street: Street,
  engine: Engine,
): Promise<ExitCodeNumber> {
  const { stdout } = street;
  const palette: Palette = stdout.isTty && !settings.noColor ? ansiPalette : plainPalette;
  const met = async (pace: number): Promise<Limit> => {
    if (stdout.isTty) stdout.write(`  ${nameOf(pace)} …`);
    const { result, scenarios, interrupted } = await runTrial(script, settings, street, engine, {
      pace,
    });
    if (interrupted) {
      throw new UserError(ExitCode.externalAbort, 'interrupted: too early to tell anything');
    }
    if (!scenarios.some(hasPace)) {
      throw new UserError(
        ExitCode.invalidConfig,
        'none of the scenarios has a ramp or a rate, so there is no other pace to try',
        "use ramping-vus or an arrival rate; in per-vu-iterations the ramp is the script's own",
      );
    }
    const limit = result.limit();
    const text = line(pace, limit, result.diagnosis.gate.healthy, palette);
    stdout.write(`${stdout.isTty ? '\r' : ''}  ${text}\n`);
    return limit;
  };
  stdout.write('\n');
  const first = await met(1);
  let told = discriminate(first, first, 1);
  if (first.level !== undefined && !first.told) {
    for (const factor of factors) {
      told = discriminate(first, await met(factor), factor);
      if (told.nature !== 'unclear') break;
    }
  }
  const columns = (stdout.isTty && stdout.columns()) || undefined;
  const answer = wrap(`  ${told.sentence}`.split(/(?<=\S) /), columns, 2);
  stdout.write(`\n${answer.map(palette.bold).join('\n')}\n\n`);
  return ExitCode.ok;
}

function nameOf(pace: number): string {
  return pace === 1 ? 'as it is' : `${pace} × the ramp`;
}

function line(pace: number, limit: Limit, healthy: boolean, palette: Palette): string {
  const { accepted, refused, level } = limit;
  const met = level === undefined ? 'none refused' : `${refused} refused, from ${level} open on`;
  const sick = healthy ? '' : palette.yellow(' (the generator was not healthy)');
  return `${nameOf(pace).padEnd(12)} ${String(accepted).padStart(6)} sessions accepted, ${met}${sick}`;
}
