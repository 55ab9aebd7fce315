import { ExitCode, type ExitCodeNumber, UserError } from '../errors.ts';
import { wrap } from '../report/line.ts';
import { ansiPalette, plainPalette } from '../report/palette.ts';
import type { ScenarioPlanInput } from '../script/config.ts';
import { isArrival, scenarioVUs } from '../script/describe.ts';
import { parseObjective } from '../script/objective.ts';
import { loaded } from '../script/reshape.ts';
import type { CapacitySettings, RunSettings } from './command.ts';
import type { Engine } from './engine.ts';
import type { Street } from './street.ts';
import { runTrial } from './trial.ts';

type Outcome = 'met' | 'missed' | 'generator';

/** Loads this far from the script's own are not tried. */
const farthest = 64;

/**
 * `vurun find-capacity`: the highest load that meets the objectives, as a multiple of the script's own.
 * It is doubled or halved until the limit lies between two loads, then these are brought closer. What
 * misses is tried again, because one bad run may be chance.
 */
export async function findCapacityCommand(
  script: string,
  settings: RunSettings,
  wanted: CapacitySettings,
  street: Street,
  engine: Engine,
): Promise<ExitCodeNumber> {
  const { stdout } = street;
  const palette = stdout.isTty && !settings.noColor ? ansiPalette : plainPalette;
  const columns = (stdout.isTty && stdout.columns()) || undefined;
  const broken = (text: string, hanging: number): string[] =>
    wrap(text.split(/(?<=\S) /), columns, hanging);
  const thresholds = thresholdsOf(wanted.objectives);
  let plan: readonly ScenarioPlanInput[] = [];

  const once = async (load: number): Promise<Outcome> => {
    const { result, scenarios, interrupted } = await runTrial(script, settings, street, engine, {
      load,
      settleMs: wanted.settleMs,
      imposed: thresholds === undefined ? {} : { thresholds },
    });
    if (interrupted) throw new UserError(ExitCode.externalAbort, 'interrupted: no answer yet');
    if (plan.length === 0) plan = scenarios.map((one) => loaded(one, 1 / load));
    const judged = result.ledger.metrics().flatMap((view) => view.thresholds);
    if (judged.length === 0) {
      throw new UserError(
        ExitCode.usage,
        'there is no objective to meet',
        "name one, for example --slo 'http_req_failed<1%', or give the script thresholds",
      );
    }
    const missed = judged.filter(({ ok }) => !ok);
    const { healthy, problems } = result.diagnosis.gate;
    const outcome: Outcome = !healthy ? 'generator' : missed.length === 0 ? 'met' : 'missed';
    const mark = {
      met: palette.green('✓'),
      missed: palette.red('✗'),
      generator: palette.yellow('!'),
    };
    const why =
      outcome === 'generator'
        ? `the generator was not healthy: ${problems[0] ?? ''}`
        : missed.length > 0
          ? missed
              .map(({ source, actual }) => `${source} (${Number((actual ?? 0).toPrecision(4))})`)
              .join(', ')
          : 'all objectives met';
    const told = `  ${mark[outcome]} ${describe(scenarios).padEnd(24)} ${why}`;
    stdout.write(`${broken(told, 4).join('\n')}\n`);
    return outcome;
  };
  /** A miss counts when it comes twice of three times. */
  const at = async (load: number): Promise<Outcome> => {
    const first = await once(load);
    if (first === 'met') return first;
    const second = await once(load);
    return first === second ? first : once(load);
  };

  stdout.write('\n');
  let good = 0;
  let bad = Infinity;
  let stoppedBy: Outcome = 'missed';
  for (let load = 1; load <= farthest && load >= 1 / farthest; ) {
    const outcome = await at(load);
    if (outcome === 'met') good = load;
    else {
      bad = load;
      stoppedBy = outcome;
    }
    if (good > 0 && bad < Infinity) break;
    load = outcome === 'met' ? load * 2 : load / 2;
  }
  while (good > 0 && bad < Infinity && bad / good > 1 + wanted.precision) {
    const load = Math.sqrt(good * bad);
    // VUs are whole: between two neighbours there is nothing to try.
    if ([good, bad].some((one) => same(plan, one, load))) break;
    const outcome = await at(load);
    if (outcome === 'met') good = load;
    else {
      bad = load;
      stoppedBy = outcome;
    }
  }
  const most = describe(plan.map((one) => loaded(one, good)));
  const answer =
    good === 0 && stoppedBy === 'generator'
      ? 'No answer: the generator was not healthy at any of the loads that were tried.'
      : good === 0
        ? 'The objectives are met at none of the loads that were tried.'
        : bad === Infinity
          ? `At least ${most}: more was not tried.`
          : stoppedBy === 'generator'
            ? `At least ${most}: the generator was the limit, not the target.`
            : `${most}: the next load that was tried, ${describe(plan.map((one) => loaded(one, bad)))}, misses an objective.`;
  stdout.write(`\n${broken(`  ${answer}`, 2).map(palette.bold).join('\n')}\n\n`);
  return good === 0 ? ExitCode.thresholdsFailed : ExitCode.ok;
}

function same(plan: readonly ScenarioPlanInput[], a: number, b: number): boolean {
  return (
    JSON.stringify(plan.map((one) => loaded(one, a))) ===
    JSON.stringify(plan.map((one) => loaded(one, b)))
  );
}

/** `200 VUs`, `50 starts/s` */
function describe(scenarios: readonly ScenarioPlanInput[]): string {
  const vus = scenarios
    .filter((one) => !isArrival(one))
    .reduce((sum, one) => sum + scenarioVUs(one), 0);
  const rate = scenarios.filter(isArrival).reduce((sum, one) => {
    const most =
      one.executor === 'constant-arrival-rate'
        ? one.rate
        : Math.max(one.startRate, ...one.stages.map(({ target }) => target));
    return sum + (most * 1_000) / one.timeUnitMs;
  }, 0);
  const parts = [
    ...(vus > 0 ? [`${vus} VUs`] : []),
    ...(rate > 0 ? [`${Number(rate.toPrecision(4))} starts/s`] : []),
  ];
  return parts.join(' and ');
}

function thresholdsOf(objectives: readonly string[]): Record<string, string[]> | undefined {
  if (objectives.length === 0) return undefined;
  const thresholds: Record<string, string[]> = {};
  for (const text of objectives) {
    try {
      const { metric, threshold } = parseObjective(text);
      (thresholds[metric] ??= []).push(threshold);
    } catch (thrown) {
      throw new UserError(ExitCode.usage, `--slo: ${(thrown as Error).message}`);
    }
  }
  return thresholds;
}
