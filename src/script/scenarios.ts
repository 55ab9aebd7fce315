/** What a script's scenarios say, checked; and the one scenario that the shortcut options stand for. */
import { formatDuration } from '../duration.ts';
import { limits } from '../limits.ts';
import type { ArrivalPlanInput, ScenarioPlanInput } from './config.ts';
import {
  child,
  duration,
  type Field,
  integer,
  isObject,
  isSet,
  oneOf,
  type Problems,
  positiveDuration,
  refuseUnknown,
  setKeys,
  shown,
  text,
  textMap,
} from './field.ts';
import { didYouMean } from './nearest.ts';

type Executor = ScenarioPlanInput['executor'];

const arrivalFields = ['preAllocatedVUs', 'maxVUs', 'whenBusy'];
const common = [
  'executor',
  'startTime',
  'gracefulStop',
  'exec',
  'env',
  'tags',
  'iterationTakes',
  'callsPerIteration',
];
const own: Record<Executor, readonly string[]> = {
  'shared-iterations': ['vus', 'iterations', 'maxDuration'],
  'per-vu-iterations': ['vus', 'iterations', 'maxDuration'],
  'constant-vus': ['vus', 'duration'],
  'ramping-vus': ['startVUs', 'stages', 'gracefulRampDown'],
  'constant-arrival-rate': ['rate', 'timeUnit', 'duration', ...arrivalFields],
  'ramping-arrival-rate': ['startRate', 'timeUnit', 'stages', ...arrivalFields],
};
const executors = Object.keys(own) as Executor[];

const gracefulDefaultMs = 30_000;
const maxDurationDefaultMs = 600_000;

/** The fields of one scenario, wherever each of them comes from. */
class Scenario {
  readonly name: string;
  /** Where a missing field is to be complained about. */
  readonly place: Pick<Field, 'path' | 'source'>;
  readonly #fields: ReadonlyMap<string, Field>;
  readonly problems: Problems;

  constructor(
    name: string,
    place: Pick<Field, 'path' | 'source'>,
    fields: ReadonlyMap<string, Field>,
    problems: Problems,
  ) {
    this.name = name;
    this.place = place;
    this.#fields = fields;
    this.problems = problems;
  }

  field(key: string): Field | undefined {
    return this.#fields.get(key);
  }

  /** Place of a field, be it given or not. */
  at(key: string): Pick<Field, 'path' | 'source'> {
    const { path, source } = this.place;
    return this.field(key) ?? { path: path === '' ? key : `${path}.${key}`, source };
  }

  /**
   * A whole number of at least `min`; `complaint` is said when it is less. NaN for what is no number,
   * so that it fails no comparison with another field on top.
   */
  count(key: string, otherwise: number, min: number, complaint: string, max: number): number {
    const field = this.field(key);
    if (field === undefined) return otherwise;
    const value = integer()(field, this.problems);
    if (value === undefined) return Number.NaN;
    if (value < min) this.problems.add(field, `${complaint}, but is ${value}`);
    else if (value > max) this.problems.add(field, `must be at most ${max}, but is ${value}`);
    return value;
  }

  /** Milliseconds of at least 0. */
  time(key: string, otherwise: number, name: string): number {
    const field = this.field(key);
    if (field === undefined) return otherwise;
    const ms = duration(field, this.problems);
    if (ms !== undefined && ms < 0) {
      this.problems.add(field, `${name} can't be negative, but is ${formatDuration(ms)}`);
    }
    return ms ?? otherwise;
  }

  /** Milliseconds of at least a second: shorter ones are nearly always a missing unit. */
  length(key: 'duration' | 'maxDuration', otherwise: number): number {
    const field = this.field(key);
    if (field === undefined) return otherwise;
    const ms = duration(field, this.problems);
    if (ms === undefined) return otherwise;
    if (ms <= 0 && field.path === 'duration') {
      this.problems.add(field, "`duration` option should be more than 0; write for example '30s'");
    } else if (ms < 1_000) {
      const hint = typeof field.value === 'number' ? '; a number is milliseconds' : '';
      this.problems.add(
        field,
        `the ${key} must be at least 1s, but is ${formatDuration(ms)}${hint}`,
      );
    }
    return ms;
  }

  vus(): number {
    return this.count('vus', 1, 1, 'the number of VUs must be more than 0', limits.vus);
  }

  texts(key: 'env' | 'tags', example: string, most: number): Record<string, string> {
    const field = this.field(key);
    return (field && textMap(example, most)(field, this.problems)) ?? {};
  }
}

const readers: Record<Executor, (s: Scenario) => Omit<ScenarioPlanInput, keyof Base>> = {
  'constant-vus': (s) => {
    if (s.field('duration') === undefined) {
      s.problems.add(s.at('duration'), "the duration is unspecified; write for example '30s'");
    }
    return { executor: 'constant-vus', vus: s.vus(), durationMs: s.length('duration', 1_000) };
  },
  'shared-iterations': (s) => {
    const vus = s.vus();
    const iterations = s.count('iterations', 1, 0, mustIterate, Number.MAX_SAFE_INTEGER);
    if (iterations >= 0 && vus > 0 && iterations < vus) {
      s.problems.add(
        s.at('iterations'),
        `the number of iterations (${iterations}) can't be less than the number of VUs (${vus})`,
      );
    }
    return { ...counted(s), executor: 'shared-iterations', vus, iterations };
  },
  'per-vu-iterations': (s) => ({
    ...counted(s),
    executor: 'per-vu-iterations',
    vus: s.vus(),
    iterations: s.count('iterations', 1, 1, mustIterate, Number.MAX_SAFE_INTEGER),
  }),
  'ramping-vus': (s) => {
    const startVUs = s.count(
      'startVUs',
      1,
      0,
      "the number of start VUs can't be negative",
      limits.vus,
    );
    const stages = readStages(s, limits.vus, 'the number of VUs at its end');
    if (startVUs === 0 && stages.length > 0 && stages.every((stage) => stage.target === 0)) {
      s.problems.add(
        s.at('stages'),
        "either startVUs or one of the stages' target values must be greater than 0",
      );
    }
    return {
      executor: 'ramping-vus',
      startVUs,
      stages,
      gracefulRampDownMs: s.time(
        'gracefulRampDown',
        gracefulDefaultMs,
        'the gracefulRampDown timeout',
      ),
    };
  },
  'constant-arrival-rate': (s) => {
    if (s.field('duration') === undefined) {
      s.problems.add(s.at('duration'), "the duration is unspecified; write for example '30s'");
    }
    if (s.field('rate') === undefined) {
      s.problems.add(
        s.at('rate'),
        'the iteration rate is unspecified; write how many are to start in a timeUnit',
      );
    }
    return {
      ...arrivals(s),
      executor: 'constant-arrival-rate',
      rate: s.count('rate', 1, 1, 'the iteration rate must be more than 0', limits.rate),
      durationMs: s.length('duration', 1_000),
    };
  },
  'ramping-arrival-rate': (s) => {
    const startRate = s.count('startRate', 0, 0, "the startRate can't be negative", limits.rate);
    const stages = readStages(s, limits.rate, 'the iteration rate at its end');
    if (startRate === 0 && stages.length > 0 && stages.every((stage) => stage.target === 0)) {
      s.problems.add(
        s.at('stages'),
        "either startRate or one of the stages' target values must be greater than 0",
      );
    }
    return { ...arrivals(s), executor: 'ramping-arrival-rate', startRate, stages };
  },
};
const mustIterate = 'the number of iterations must be more than 0';

type Base = Pick<
  ScenarioPlanInput,
  | 'name'
  | 'startTimeMs'
  | 'gracefulStopMs'
  | 'exec'
  | 'env'
  | 'tags'
  | 'iterationTakesMs'
  | 'callsPerIteration'
>;

/** What both open models have. */
function arrivals(s: Scenario): Omit<ArrivalPlanInput, keyof Base | 'executor'> {
  const unit = s.field('timeUnit');
  const timeUnitMs = (unit && duration(unit, s.problems)) ?? 1_000;
  if (unit !== undefined && timeUnitMs <= 0) {
    s.problems.add(unit, "the timeUnit must be more than 0; write for example '1s' or '1m'");
  }
  if (s.field('preAllocatedVUs') === undefined) {
    s.problems.add(
      s.at('preAllocatedVUs'),
      'the number of preAllocatedVUs is unspecified; write how many iterations are likely to run at once',
    );
  }
  const preAllocatedVUs = s.count(
    'preAllocatedVUs',
    1,
    0,
    "preAllocatedVUs can't be negative",
    limits.vus,
  );
  const maxVUs = s.count('maxVUs', preAllocatedVUs, 1, 'maxVUs must be more than 0', limits.vus);
  if (preAllocatedVUs === 0 && s.field('maxVUs') === undefined) {
    s.problems.add(s.at('maxVUs'), 'must be more than 0 when preAllocatedVUs is 0');
  } else if (maxVUs >= 1 && maxVUs < preAllocatedVUs) {
    s.problems.add(
      s.at('maxVUs'),
      `maxVUs (${maxVUs}) can't be less than preAllocatedVUs (${preAllocatedVUs})`,
    );
  }
  const busy = s.field('whenBusy');
  return {
    timeUnitMs,
    preAllocatedVUs,
    maxVUs,
    whenBusy: (busy && oneOf(['drop', 'wait'])(busy, s.problems)) ?? 'drop',
  };
}

/** What the author says of an iteration, for the plan check: of a scenario, or of all that say nothing. */
export function readExpectations(
  given: (key: 'iterationTakes' | 'callsPerIteration') => Field | undefined,
  problems: Problems,
): Pick<Base, 'iterationTakesMs' | 'callsPerIteration'> {
  const takes = given('iterationTakes');
  const calls = given('callsPerIteration');
  const ms = takes && positiveDuration('iterationTakes')(takes, problems);
  const number = calls && integer(0, limits.batchLength)(calls, problems);
  return {
    ...(ms === undefined ? {} : { iterationTakesMs: ms }),
    ...(number === undefined ? {} : { callsPerIteration: number }),
  };
}

function counted(s: Scenario): { maxDurationMs: number } {
  return { maxDurationMs: s.length('maxDuration', maxDurationDefaultMs) };
}

/** `meaning` says what a target is: a number of VUs, or a rate. */
function readStages(
  s: Scenario,
  most: number,
  meaning: string,
): { durationMs: number; target: number }[] {
  const { problems } = s;
  const field = s.field('stages');
  const example = "[{ duration: '30s', target: 10 }]";
  if (field === undefined || (Array.isArray(field.value) && field.value.length === 0)) {
    problems.add(s.at('stages'), `at least one stage has to be specified; write ${example}`);
    return [];
  }
  if (!Array.isArray(field.value)) {
    problems.add(field, `must be a list such as ${example}, not ${shown(field.value)}`);
    return [];
  }
  if (field.value.length > limits.stages) {
    problems.add(field, `has ${field.value.length} stages, and ${limits.stages} is the most`);
    return [];
  }
  return field.value.map((stage: unknown, index) => {
    const place = child(field, index);
    const n = index + 1;
    // A target that is told to be wrong is not told to be 0 as well.
    const out = { durationMs: 0, target: Number.NaN };
    if (!isObject(stage)) {
      problems.add(place, `must be a stage such as ${example.slice(1, -1)}, not ${shown(stage)}`);
      return out;
    }
    refuseUnknown(place, ['duration', 'target'], problems);
    const time = child(place, 'duration');
    if (isSet(time.value)) {
      const ms = duration(time, problems);
      if (ms !== undefined && ms < 0) {
        problems.add(time, `the duration for stage ${n} can't be negative`);
      }
      out.durationMs = ms ?? 0;
    } else {
      problems.add(time, `stage ${n} doesn't have a duration; write for example '30s'`);
    }
    const target = child(place, 'target');
    if (isSet(target.value)) {
      const value = integer(undefined, most)(target, problems);
      if (value !== undefined && value < 0) {
        problems.add(target, `the target for stage ${n} can't be negative`);
      }
      out.target = value ?? Number.NaN;
    } else {
      problems.add(target, `stage ${n} doesn't have a target; write ${meaning}`);
    }
    return out;
  });
}

function readBase(s: Scenario, functions: readonly string[]): Base {
  const execField = s.field('exec');
  const exec = execField === undefined ? 'default' : text(execField, s.problems);
  if (exec === '') {
    s.problems.add(s.at('exec'), 'exec value cannot be empty; name an exported function');
  } else if (exec !== undefined && !functions.includes(exec)) {
    const there = functions.length === 0 ? 'none' : functions.join(', ');
    s.problems.add(
      execField ?? s.place,
      `function '${exec}' not found in exports${didYouMean(exec, functions)}; the script exports ${there}`,
    );
  }
  return {
    name: s.name,
    startTimeMs: s.time('startTime', 0, 'the startTime'),
    gracefulStopMs: s.time('gracefulStop', gracefulDefaultMs, 'the gracefulStop timeout'),
    exec: exec ?? 'default',
    env: s.texts('env', "{ NAME: 'value' }", limits.tagsPerSample * 20),
    tags: s.texts('tags', "{ name: 'value' }", limits.tagsPerSample),
    ...readExpectations((key) => s.field(key), s.problems),
  };
}

function readScenario(s: Scenario, executor: Executor, functions: readonly string[]) {
  return { ...readBase(s, functions), ...readers[executor](s) } as ScenarioPlanInput;
}

/** Reads the `scenarios` option. Whatever is wrong goes to `problems`. */
export function readScenarios(
  field: Field,
  functions: readonly string[],
  problems: Problems,
): ScenarioPlanInput[] {
  if (!isObject(field.value)) {
    problems.add(
      field,
      `must be an object such as { name: { executor: 'constant-vus', vus: 10, duration: '30s' } }, not ${shown(field.value)}`,
    );
    return [];
  }
  const names = setKeys(field.value);
  if (names.length > limits.scenarios) {
    problems.add(field, `has ${names.length} scenarios, and ${limits.scenarios} is the most`);
    return [];
  }
  const out: ScenarioPlanInput[] = [];
  for (const name of names) {
    const place = child(field, name);
    if (!/^[0-9a-zA-Z_-]+$/.test(name)) {
      problems.add(
        place,
        'the scenario name should contain only numbers, latin letters, underscores, and dashes',
      );
    }
    if (!isObject(place.value)) {
      problems.add(place, `must be an object with an executor, not ${shown(place.value)}`);
      continue;
    }
    const executor = readExecutor(place, problems);
    const known = executor === undefined ? common : [...common, ...own[executor]];
    const fields = new Map<string, Field>();
    for (const key of setKeys(place.value)) {
      const inner = child(place, key);
      if (known.includes(key)) fields.set(key, inner);
      else if (key === 'options') problems.add(inner, 'k6 has this option, vurun does not yet');
      else if (executor !== undefined) {
        problems.add(
          inner,
          `unknown field "${key}"${didYouMean(key, known)}; ${executor} has ${known.join(', ')}`,
        );
      }
    }
    const scenario = new Scenario(name, place, fields, problems);
    // Without an executor, what all executors share can still be looked at.
    if (executor === undefined) readBase(scenario, functions);
    else out.push(readScenario(scenario, executor, functions));
  }
  return out;
}

function readExecutor(place: Field, problems: Problems): Executor | undefined {
  const field = child(place, 'executor');
  const { value } = field;
  const choices = `choose one of ${executors.join(', ')}`;
  if (!isSet(value) || value === '') {
    problems.add(field, `the scenario doesn't have a specified executor type; ${choices}`);
  } else if (!executors.includes(value as Executor)) {
    const near = didYouMean(String(value), executors);
    problems.add(field, `unknown executor type ${shown(value)}${near}; ${choices}`);
  } else {
    return value as Executor;
  }
  return undefined;
}

/** The options that stand for one scenario named `default`. */
export const shortcuts = ['duration', 'iterations', 'stages', 'scenarios'] as const;

/**
 * The scenarios of a run: those of the option, or the one that `vus`, `duration`, `iterations` and
 * `stages` stand for. `merged` holds the options that are set, each with its source.
 */
export function deriveScenarios(
  merged: ReadonlyMap<string, Field>,
  functions: readonly string[],
  problems: Problems,
  warnings: string[],
): ScenarioPlanInput[] {
  const given = (key: string) => merged.get(key);
  const isEmpty = (field: Field | undefined) =>
    field !== undefined && isEmptyCollection(field.value);
  const filled = (key: string) => (isEmpty(given(key)) ? undefined : given(key));
  const stages = filled('stages');
  const scenarios = filled('scenarios');
  const vus = given('vus');
  const iterations = given('iterations');
  const time = given('duration');
  const main = iterations ?? time ?? stages;
  const rivals = main === undefined ? [] : [stages, scenarios].filter((field) => field !== main);
  const conflicting = rivals.filter((field) => field !== undefined);

  const derive = (executor: Executor, fields: Record<string, Field | undefined>) => {
    const entries = Object.entries(fields).filter((entry) => entry[1] !== undefined);
    const set = new Map(entries as [string, Field][]);
    const source = [...set.values()][0]?.source ?? 'script';
    const s = new Scenario('default', { path: 'executor default', source }, set, problems);
    if (conflicting.length === 0) return [readScenario(s, executor, functions)];
    // Which of the rivals is to stay is open, so a missing default function may be no mistake.
    readers[executor](s);
    return [];
  };

  if (main !== undefined) {
    for (const { path, source } of conflicting) {
      problems.add(
        { path, source },
        `using \`${main.path}\` and \`${path}\` options simultaneously is not allowed; keep one of them`,
      );
    }
    const out =
      main === iterations
        ? derive('shared-iterations', { iterations, vus, maxDuration: time })
        : main === time
          ? derive('constant-vus', { duration: time, vus })
          : derive('ramping-vus', { stages, startVUs: vus });
    // Whichever of them stays, its mistakes are told now.
    if (stages !== undefined && stages !== main) derive('ramping-vus', { stages });
    if (scenarios !== undefined) readScenarios(scenarios, functions, problems);
    return out;
  }
  if (vus !== undefined) {
    const known = problems.lines.length;
    const out = derive('shared-iterations', { vus, iterations: vus });
    if (scenarios !== undefined) {
      warnings.push(`\`vus=${String(vus.value)}\` overrides scenarios configuration`);
      // Nobody looks at overridden scenarios, but a wrong `vus` may well go.
      if (problems.lines.length > known) readScenarios(scenarios, functions, problems);
    }
    return out;
  }
  if (scenarios !== undefined) return readScenarios(scenarios, functions, problems);
  for (const key of ['stages', 'scenarios']) {
    if (isEmpty(given(key))) {
      warnings.push(
        `\`${key}\` was explicitly set to an empty value, running the script with 1 iteration in 1 VU`,
      );
    }
  }
  return derive('per-vu-iterations', {});
}

function isEmptyCollection(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && setKeys(value).length === 0;
}
