/** The ops every VU has whatever protocols there are: the run's facts, samples, files, logs, timers. */
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Fact,
  FailureKind,
  LogLevel,
  MetricType,
  Op,
  type UrlParts,
} from '../../runtime/contract/ops.ts';
import { GuestError, messageOf } from '../errors.ts';
import { limits } from '../limits.ts';
import type { LogLevelName } from '../log.ts';
import type { Metric, MetricKind, TagSet } from '../metrics/contract.ts';
import type { OpHandler } from '../protocols/contract.ts';
import { bundleName } from '../script/program.ts';
import type { IterationIds, ScenarioContext, ScriptFailure, VuEnvironment } from './contract.ts';
import type { Timers } from './timers.ts';

/** Where a VU stands; the ops read it, the VU writes it. */
export interface Scope {
  tags: TagSet;
  groupPath: string;
  /** Groups that were entered and not left yet, by token. */
  groups: { path: string; parent: string; startedAt: number }[];
  scenario: ScenarioContext | undefined;
  ids: IterationIds;
  /** Of this VU, over all scenarios, from 0. */
  iteration: number;
  iterationInScenario: number;
  phase: 'init' | 'setup' | 'vu' | 'teardown' | 'summary';
  /** The script asked for the end of the test: its own exception about that is no failure. */
  aborted: boolean;
}

interface Listener {
  failed(failure: ScriptFailure): void;
  returned(json: string | undefined): void;
  cannotWait(what: string, stack: string): void;
}

const levelNames: Record<number, LogLevelName> = {
  [LogLevel.debug]: 'debug',
  [LogLevel.info]: 'info',
  [LogLevel.warn]: 'warning',
  [LogLevel.error]: 'error',
};
const failureKinds: Record<number, ScriptFailure['kind']> = {
  [FailureKind.init]: 'init',
  [FailureKind.run]: 'run',
  [FailureKind.stray]: 'stray',
  [FailureKind.result]: 'result',
};
const metricKinds: Record<number, MetricKind> = {
  [MetricType.counter]: 'counter',
  [MetricType.gauge]: 'gauge',
  [MetricType.rate]: 'rate',
  [MetricType.trend]: 'trend',
};

export function createHostOps(
  env: VuEnvironment,
  vuId: number,
  scope: Scope,
  timers: Timers,
  listener: Listener,
): [number, OpHandler][] {
  const { recorder, builtins, clock } = env;
  const isSystemTag = (name: string): boolean => env.settings.systemTags.has(name);
  const born = clock.now();
  const metrics = new Map<number, Metric>();
  const checkNames: string[] = [];
  const wallNow = (): number => clock.wall(clock.now());

  const initOnly = (what: string): void => {
    if (scope.phase !== 'init') {
      throw new GuestError(`${what} is only available in the init context`);
    }
  };
  const inScenario = (): ScenarioContext => {
    if (scope.scenario === undefined || scope.phase !== 'vu') {
      throw new GuestError(
        'getting scenario information outside of the VU context is not supported',
      );
    }
    return scope.scenario;
  };
  const withTags = (json: string | undefined): TagSet => {
    if (json === undefined) return scope.tags;
    let tags = scope.tags;
    for (const [key, value] of Object.entries(JSON.parse(json) as Record<string, string>)) {
      tags = tags.with(key, String(value));
    }
    return tags;
  };

  const facts: Record<number, () => number> = {
    [Fact.vuIdInInstance]: () => vuId,
    [Fact.vuIdInTest]: () => vuId,
    [Fact.vuIteration]: () => scope.iteration,
    [Fact.vuIterationInScenario]: () => scope.iterationInScenario,
    [Fact.scenarioIterationInInstance]: () => (inScenario(), scope.ids.inInstance),
    [Fact.scenarioIterationInTest]: () => (inScenario(), scope.ids.inTest),
    [Fact.scenarioStartTime]: () => clock.wall(inScenario().startedAt),
    [Fact.scenarioProgress]: () => inScenario().progress(),
    [Fact.instanceRunDuration]: () => {
      const started = env.startedAt();
      return Number.isNaN(started) ? 0 : clock.now() - started;
    },
    [Fact.instanceIterationsCompleted]: () => env.instanceCounts().iterationsComplete,
    [Fact.instanceIterationsInterrupted]: () => env.instanceCounts().iterationsInterrupted,
    [Fact.instanceVusActive]: () => env.instanceCounts().vusActive,
    [Fact.instanceVusInitialized]: () => env.instanceCounts().vusInitialized,
    [Fact.randomSeed]: () => mixSeed(env.seed, vuId),
  };
  const texts: Record<number, () => string> = {
    [Fact.scenarioName]: () => inScenario().name,
    [Fact.scenarioExecutor]: () => inScenario().executor,
    [Fact.testOptions]: () => env.optionsJson(),
    [Fact.env]: () => JSON.stringify(env.env),
  };

  return [
    [
      Op.log,
      (args) => {
        const text = args.string(1);
        // A script that prints a stack itself wants to see its own files in it, too.
        const shown = text.includes(bundleName) ? env.mapStack(text) : text;
        env.log(levelNames[args.number(0)] ?? 'info', shown, { source: 'console' });
      },
    ],
    [
      Op.failed,
      (args) => {
        listener.failed({
          kind: failureKinds[args.number(0)] ?? 'run',
          name: args.string(1),
          message: args.string(2),
          stack: args.string(3),
        });
      },
    ],
    [
      Op.returned,
      (args) => {
        listener.returned(args.optionalString(0));
      },
    ],
    [
      Op.timerStart,
      (args) => {
        timers.start(args.number(0), args.number(1));
      },
    ],
    [
      Op.timerStop,
      (args) => {
        timers.stop(args.number(0));
      },
    ],
    [Op.now, () => clock.now() - born],
    [
      Op.randomBytes,
      (args) => {
        const length = args.number(0);
        if (!(length >= 0 && length <= limits.randomBytes)) {
          throw new GuestError(
            `at most ${limits.randomBytes} random bytes at a time`,
            'RangeError',
          );
        }
        return randomBytes(length);
      },
    ],
    [
      Op.open,
      (args) => {
        if (scope.phase !== 'init') {
          throw new GuestError(
            'the "open" function is only available in the init context (the top level of the script)',
          );
        }
        const bytes = openFile(env, args.string(0));
        return args.boolean(1) ? bytes : Buffer.from(bytes).toString('utf8');
      },
    ],
    [
      Op.factNumber,
      (args) => {
        const fact = facts[args.number(0)];
        if (fact === undefined) throw new GuestError('there is no such fact');
        return fact();
      },
    ],
    [
      Op.factText,
      (args) => {
        const fact = texts[args.number(0)];
        if (fact === undefined) throw new GuestError('there is no such fact');
        return fact();
      },
    ],
    [
      Op.testAbort,
      (args) => {
        const at = env.mapStack(args.optionalString(1) ?? '').trim();
        const reason = args.optionalString(0) ?? '';
        env.abortTest(
          `test aborted${reason === '' ? '' : `: ${reason}`}${at === '' ? '' : ` ${at}`}`,
        );
        // Nothing after the call is to run, as far as an exception can see to it.
        scope.aborted = true;
        throw new GuestError('test aborted', 'TestAborted');
      },
    ],
    [
      Op.testFail,
      (args) => {
        if (scope.phase === 'init') {
          throw new GuestError('execution.test.fail() called outside of VU context');
        }
        env.failTest(args.optionalString(0) ?? '');
      },
    ],
    [
      Op.cannotWait,
      (args) => {
        listener.cannotWait(args.string(0), args.optionalString(1) ?? '');
      },
    ],
    [Op.urlParse, (args) => urlJson(() => new URL(args.string(0), args.optionalString(1)))],
    [
      Op.urlSet,
      (args) =>
        urlJson(() => {
          const url = new URL(args.string(0));
          const property = args.string(1);
          if (!urlSetters.has(property)) throw new TypeError(`${property} cannot be set`);
          (url as unknown as Record<string, string>)[property] = args.string(2);
          return url;
        }),
    ],
    [
      Op.metricNew,
      (args) => {
        initOnly('declaring a metric');
        const kind = metricKinds[args.number(1)] ?? 'counter';
        const metric = env.metricNew(args.string(0), kind, args.boolean(2) ? 'time' : 'default');
        metrics.set(metric.id, metric);
        return metric.id;
      },
    ],
    [
      Op.metricAdd,
      (args) => {
        const metric = metrics.get(args.number(0));
        if (metric === undefined) throw new GuestError('this VU has no such metric');
        recorder.add(metric, withTags(args.optionalString(2)), args.number(1), wallNow());
      },
    ],
    [
      Op.checkName,
      (args) => {
        if (checkNames.length >= limits.checks) {
          throw new GuestError(
            `a script may have ${limits.checks} different check names; put what varies into tags`,
            'RangeError',
          );
        }
        return checkNames.push(args.string(0)) - 1;
      },
    ],
    [
      Op.checkAdd,
      (args) => {
        const name = checkNames[args.number(0)];
        if (name === undefined) throw new GuestError('this VU has no such check');
        let tags = withTags(args.optionalString(2));
        if (isSystemTag('check')) tags = tags.with('check', name);
        recorder.add(builtins.checks, tags, args.boolean(1) ? 1 : 0, wallNow());
      },
    ],
    [
      Op.groupEnter,
      (args) => {
        const parent = scope.groupPath;
        const path = `${parent}::${args.string(0)}`;
        if (path.split('::').length - 1 > limits.groupDepth) {
          throw new GuestError(`groups may be nested ${limits.groupDepth} deep`, 'RangeError');
        }
        scope.groupPath = path;
        if (isSystemTag('group')) scope.tags = scope.tags.with('group', path);
        scope.groups.push({ path, parent, startedAt: clock.now() });
        return scope.groups.length - 1;
      },
    ],
    [
      Op.groupLeave,
      (args) => {
        const token = args.number(0);
        const group = scope.groups[token];
        if (group === undefined) return;
        // Groups of concurrent async code may end out of order; the latest open one stays current.
        delete scope.groups[token];
        while (scope.groups.length > 0 && scope.groups.at(-1) === undefined) scope.groups.pop();
        const now = clock.now();
        const tags = isSystemTag('group') ? scope.tags.with('group', group.path) : scope.tags;
        recorder.add(builtins.group_duration, tags, now - group.startedAt, clock.wall(now));
        if (scope.groupPath === group.path) {
          scope.groupPath = group.parent;
          if (isSystemTag('group')) scope.tags = scope.tags.with('group', group.parent);
        }
      },
    ],
    [
      Op.tagSet,
      (args) => {
        const key = args.string(0);
        const value = args.optionalString(1);
        if (args.boolean(2)) {
          throw new GuestError(
            'metadata is not supported yet: samples carry tags only (exec.vu.metrics.tags)',
          );
        }
        scope.tags = value === undefined ? scope.tags.without(key) : scope.tags.with(key, value);
      },
    ],
    [
      Op.tagList,
      (args) => JSON.stringify(args.boolean(0) ? {} : Object.fromEntries(scope.tags.entries())),
    ],
    [
      Op.sharedFind,
      (args) => {
        initOnly('a SharedArray');
        return env.shared.arrays.get(args.string(0))?.length ?? -1;
      },
    ],
    [
      Op.sharedNew,
      (args) => {
        initOnly('a SharedArray');
        if (env.shared.locked) {
          throw new GuestError(
            `the SharedArray '${args.string(0)}' did not exist when the script was first initialised; make it in every VU alike`,
          );
        }
        const items = JSON.parse(args.string(1)) as string[];
        env.shared.arrays.set(args.string(0), items);
        return items.length;
      },
    ],
    [
      Op.sharedGet,
      (args) => {
        const item = env.shared.arrays.get(args.string(0))?.[args.number(1)];
        return item ?? undefined;
      },
    ],
  ];
}

const urlSetters: ReadonlySet<string> = new Set([
  'href',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
]);

function urlJson(make: () => URL): string {
  let url: URL;
  try {
    url = make();
  } catch (thrown) {
    throw new GuestError(messageOf(thrown), 'TypeError');
  }
  const parts: UrlParts = {
    href: url.href,
    origin: url.origin,
    protocol: url.protocol,
    username: url.username,
    password: url.password,
    host: url.host,
    hostname: url.hostname,
    port: url.port,
    pathname: url.pathname,
    search: url.search,
    hash: url.hash,
  };
  return JSON.stringify(parts);
}

function openFile(env: VuEnvironment, given: string): Uint8Array {
  if (given === '') throw new GuestError("open() can't be used with an empty filename");
  const path = given.startsWith('file://') ? fileURLToPath(given) : resolve(env.scriptDir, given);
  const known = env.shared.files.get(path);
  if (known !== undefined) return known;
  if (env.shared.locked) {
    throw new GuestError(
      `open() can't be used with files that weren't opened when the script was first initialised: '${given}'`,
    );
  }
  let bytes: Uint8Array;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      throw new GuestError(`open() can't be used with directories, path: '${given}'`);
    }
    if (stat.size > limits.openFileBytes) {
      throw new GuestError(
        `open(): '${given}' has ${stat.size} bytes; at most ${limits.openFileBytes} can be opened`,
      );
    }
    bytes = readFileSync(path);
  } catch (thrown) {
    if (thrown instanceof GuestError) throw thrown;
    const code = (thrown as NodeJS.ErrnoException).code;
    throw new GuestError(
      code === 'ENOENT'
        ? `open(): there is no file '${given}' (looked in ${env.scriptDir})`
        : `open(): '${given}' cannot be read: ${messageOf(thrown)}`,
    );
  }
  env.shared.files.set(path, bytes);
  return bytes;
}

/** 32 well-mixed bits of (seed of the run, VU), so that neighbouring VUs draw unrelated numbers. */
function mixSeed(seed: number, vuId: number): number {
  let x = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(vuId + 1, 0x85ebca6b)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97) >>> 0;
  return (x ^ (x >>> 15)) >>> 0;
}
