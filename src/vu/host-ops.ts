/** The ops every VU has whatever protocols there are: the run's facts, samples, files, logs, timers. */
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CsvOptions,
  type CsvRecords,
  Fact,
  FailureKind,
  type HeldFile,
  LogLevel,
  MetricType,
  Op,
  type UrlParts,
} from '../../runtime/contract/ops.ts';
import { readBackoff } from '../citizen/backoff.ts';
import { declareLimiter, declareTokenClient } from '../citizen/declarations.ts';
import { formatDuration } from '../duration.ts';
import { GuestError, messageOf } from '../errors.ts';
import { Documents } from '../html/documents.ts';
import { limits } from '../limits.ts';
import type { LogLevelName } from '../log.ts';
import type { Metric, MetricKind, TagSet } from '../metrics/contract.ts';
import type { DeliveryItem, OpArgs, OpTable } from '../protocols/contract.ts';
import { bundleName } from '../script/program.ts';
import type { IterationIds, ScenarioContext, ScriptFailure, VuEnvironment } from './contract.ts';
import { cryptoOps } from './crypto-ops.ts';
import { csvElements } from './csv.ts';
import type { Timers } from './timers.ts';

/** Where a VU stands; the ops read it, the VU writes it. */
export interface Scope {
  tags: TagSet;
  groupPath: string;
  /** Groups that were entered and not left yet, by token. */
  groups: { path: string; parent: string; startedAt: number }[];
  /** Ids of the sessions that are under way, the latest last. */
  sessions: string[];
  scenario: ScenarioContext | undefined;
  ids: IterationIds;
  /** Of this VU, over all scenarios, from 0. */
  iteration: number;
  iterationInScenario: number;
  phase: 'init' | 'setup' | 'vu' | 'teardown' | 'summary';
  /** The script asked for the end of the test: its own exception about that is no failure. */
  aborted: boolean;
}

/** Who hears what a script says of itself. */
export interface ScriptListener {
  failed(failure: ScriptFailure): void;
  returned(json: string | undefined): void;
  cannotWait(what: string, stack: string): void;
  deliver(item: DeliveryItem): void;
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

/** One VU's own state behind its ops, which are the same functions for all VUs. */
export class HostSession {
  readonly env: VuEnvironment;
  readonly vuId: number;
  readonly scope: Scope;
  readonly timers: Timers;
  readonly listener: ScriptListener;
  readonly #born: number;
  /** Metrics this VU declared, by id. */
  #metrics: Map<number, Metric> | undefined;
  readonly #checkNames: string[] = [];
  #sessionCount = 0;
  /** Calls of `crypto.subtle` that have no answer yet, and the bytes they were given. */
  subtleCalls = 0;
  subtleBytes = 0;
  #documents: Documents | undefined;

  constructor(
    env: VuEnvironment,
    vuId: number,
    scope: Scope,
    timers: Timers,
    listener: ScriptListener,
  ) {
    this.env = env;
    this.vuId = vuId;
    this.scope = scope;
    this.timers = timers;
    this.listener = listener;
    this.#born = env.clock.now();
  }

  /** Milliseconds since the VU was made. */
  get age(): number {
    return this.env.clock.now() - this.#born;
  }

  /** The HTML documents it holds. */
  get documents(): Documents {
    this.#documents ??= new Documents();
    return this.#documents;
  }

  isSystemTag(name: string): boolean {
    return this.env.settings.systemTags.has(name);
  }

  initOnly(what: string): void {
    if (this.scope.phase !== 'init') {
      throw new GuestError(`${what} is only available in the init context`);
    }
  }

  /** The scenario the VU works in; only its functions may ask. */
  inScenario(): ScenarioContext {
    const { scenario, phase } = this.scope;
    if (scenario === undefined || phase !== 'vu') {
      throw new GuestError(
        'getting scenario information outside of the VU context is not supported',
      );
    }
    return scenario;
  }

  addMetric(args: OpArgs): number {
    this.initOnly('declaring a metric');
    const kind = metricKinds[args.number(1)] ?? 'counter';
    const contains = args.boolean(2) ? 'time' : 'default';
    const metric = this.env.metricNew(args.string(0), kind, contains);
    this.#metrics ??= new Map();
    this.#metrics.set(metric.id, metric);
    return metric.id;
  }

  sample(args: OpArgs): undefined {
    const metric = this.#metrics?.get(args.number(0));
    if (metric === undefined) throw new GuestError('this VU has no such metric');
    this.#record(metric, this.#withTags(args.optionalString(2)), args.number(1));
  }

  addCheckName(name: string): number {
    if (this.#checkNames.length >= limits.checks) {
      throw new GuestError(
        `a script may have ${limits.checks} different check names; put what varies into tags`,
        'RangeError',
      );
    }
    return this.#checkNames.push(name) - 1;
  }

  check(args: OpArgs): undefined {
    const name = this.#checkNames[args.number(0)];
    if (name === undefined) throw new GuestError('this VU has no such check');
    let tags = this.#withTags(args.optionalString(2));
    if (this.isSystemTag('check')) tags = tags.with('check', name);
    this.#record(this.env.builtins.checks, tags, args.boolean(1) ? 1 : 0);
  }

  enterGroup(name: string): number {
    const { scope } = this;
    const parent = scope.groupPath;
    const path = `${parent}::${name}`;
    if (path.split('::').length - 1 > limits.groupDepth) {
      throw new GuestError(`groups may be nested ${limits.groupDepth} deep`, 'RangeError');
    }
    scope.groupPath = path;
    if (this.isSystemTag('group')) scope.tags = scope.tags.with('group', path);
    scope.groups.push({ path, parent, startedAt: this.env.clock.now() });
    return scope.groups.length - 1;
  }

  leaveGroup(token: number): undefined {
    const { scope } = this;
    const group = scope.groups[token];
    if (group === undefined) return;
    // Groups of concurrent async code may end out of order; the latest open one stays current.
    delete scope.groups[token];
    while (scope.groups.length > 0 && scope.groups.at(-1) === undefined) scope.groups.pop();
    const isTagged = this.isSystemTag('group');
    const tags = isTagged ? scope.tags.with('group', group.path) : scope.tags;
    const { builtins, clock } = this.env;
    this.#record(builtins.group_duration, tags, clock.now() - group.startedAt);
    if (scope.groupPath === group.path) {
      scope.groupPath = group.parent;
      if (isTagged) scope.tags = scope.tags.with('group', group.parent);
    }
  }

  enterSession(name: string): string {
    const { sessions } = this.scope;
    if (sessions.length >= limits.sessionsAtOnce) {
      throw new GuestError(
        `session(): ${sessions.length} sessions of this virtual user are under way, which is the limit; await each`,
        'RangeError',
      );
    }
    const id = `${name}#${this.env.idInTest(this.vuId)}-${++this.#sessionCount}`;
    sessions.push(id);
    return id;
  }

  leaveSession(id: string): undefined {
    const { sessions } = this.scope;
    const at = sessions.lastIndexOf(id);
    if (at >= 0) sessions.splice(at, 1);
  }

  #record(metric: Metric, tags: TagSet, value: number): void {
    const { recorder, clock } = this.env;
    recorder.add(metric, tags, value, clock.wall(clock.now()));
  }

  #withTags(json: string | undefined): TagSet {
    let { tags } = this.scope;
    if (json === undefined) return tags;
    for (const [key, value] of Object.entries(JSON.parse(json) as Record<string, string>)) {
      tags = tags.with(key, String(value));
    }
    return tags;
  }
}

const facts: Readonly<Record<number, (vu: HostSession) => number>> = {
  [Fact.vuIdInInstance]: (vu) => vu.vuId,
  [Fact.vuIdInTest]: (vu) => vu.env.idInTest(vu.vuId),
  [Fact.vuIteration]: (vu) => vu.scope.iteration,
  [Fact.vuIterationInScenario]: (vu) => vu.scope.iterationInScenario,
  [Fact.scenarioIterationInInstance]: (vu) => (vu.inScenario(), vu.scope.ids.inInstance),
  [Fact.scenarioIterationInTest]: (vu) => (vu.inScenario(), vu.scope.ids.inTest),
  [Fact.scenarioStartTime]: (vu) => vu.env.clock.wall(vu.inScenario().startedAt),
  [Fact.scenarioProgress]: (vu) => vu.inScenario().progress(),
  [Fact.instanceRunDuration]: ({ env }) => {
    const started = env.startedAt();
    return Number.isNaN(started) ? 0 : env.clock.now() - started;
  },
  [Fact.instanceIterationsCompleted]: ({ env }) => env.instanceCounts().iterationsComplete,
  [Fact.instanceIterationsInterrupted]: ({ env }) => env.instanceCounts().iterationsInterrupted,
  [Fact.instanceVusActive]: ({ env }) => env.instanceCounts().vusActive,
  [Fact.instanceVusInitialized]: ({ env }) => env.instanceCounts().vusInitialized,
  [Fact.randomSeed]: (vu) => mixSeed(vu.env.seed, vu.env.idInTest(vu.vuId)),
};
const texts: Readonly<Record<number, (vu: HostSession) => string>> = {
  [Fact.scenarioName]: (vu) => vu.inScenario().name,
  [Fact.scenarioExecutor]: (vu) => vu.inScenario().executor,
  [Fact.testOptions]: ({ env }) => env.optionsJson(),
  [Fact.env]: ({ env }) => JSON.stringify(env.env),
};

function factOf<T>(
  table: Readonly<Record<number, (vu: HostSession) => T>>,
  vu: HostSession,
  which: number,
): T {
  const fact = table[which];
  if (fact === undefined) throw new GuestError('there is no such fact');
  return fact(vu);
}

export const hostOps: OpTable<HostSession> = {
  ...cryptoOps,
  [Op.log]: ({ env }, args) => {
    const text = args.string(1);
    // A script that prints a stack itself wants to see its own files in it, too.
    const shown = text.includes(bundleName) ? env.mapStack(text) : text;
    env.log(levelNames[args.number(0)] ?? 'info', shown, { source: 'console' });
  },
  [Op.warn]: ({ env }, args) => {
    env.log('warning', args.string(0), { source: 'module' });
  },
  [Op.failed]: ({ listener }, args) => {
    listener.failed({
      kind: failureKinds[args.number(0)] ?? 'run',
      name: args.string(1),
      message: args.string(2),
      stack: args.string(3),
    });
  },
  [Op.returned]: ({ listener }, args) => {
    listener.returned(args.optionalString(0));
  },
  [Op.timerStart]: ({ timers }, args) => {
    timers.start(args.number(0), args.number(1));
  },
  [Op.timerStop]: ({ timers }, args) => {
    timers.stop(args.number(0));
  },
  [Op.now]: (vu) => vu.age,
  [Op.randomBytes]: (_vu, args) => {
    const length = args.number(0);
    if (!(length >= 0 && length <= limits.randomBytes)) {
      throw new GuestError(`at most ${limits.randomBytes} random bytes at a time`, 'RangeError');
    }
    return randomBytes(length);
  },
  [Op.open]: ({ env, scope }, args) => {
    if (scope.phase !== 'init') {
      throw new GuestError(
        'the "open" function is only available in the init context (the top level of the script)',
      );
    }
    const { bytes } = openFile(env, args.string(0), args.optionalString(2) ?? '');
    return args.boolean(1) ? bytes : Buffer.from(bytes).toString('utf8');
  },
  [Op.initSleep]: (vu, args) => {
    vu.initOnly('waiting at once');
    const { initMs } = vu.env.template.guestLimits;
    const milliseconds = args.number(0);
    if (milliseconds >= initMs) {
      throw new GuestError(
        `sleep() in the init context holds up all VUs, and may take less than ${formatDuration(initMs)} there, not ${formatDuration(milliseconds)}`,
      );
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  },
  [Op.fileHold]: ({ env, scope }, args) => {
    if (scope.phase !== 'init') {
      const text = 'open() failed; reason: opening a file is only available in the init context';
      throw new GuestError(text, 'ForbiddenError');
    }
    const { path, bytes } = openFile(env, args.string(0), args.optionalString(1) ?? '', true);
    const file: HeldFile = { path, name: basename(path), size: bytes.length };
    return JSON.stringify(file);
  },
  [Op.fileRead]: ({ env }, args) => {
    const bytes = heldFile(env, args.string(0));
    const from = args.number(1);
    // A part of a larger buffer would cross with all of it.
    return bytes.slice(from, from + args.number(2));
  },
  [Op.csvRead]: (vu, args) => {
    vu.initOnly('reading CSV files');
    const { env } = vu;
    const path = args.string(0);
    const name = `csv:${args.string(1)}:${path}`;
    let elements = env.shared.arrays.get(name);
    if (elements === undefined) {
      elements = csvElements(heldFile(env, path), JSON.parse(args.string(1)) as CsvOptions);
      env.shared.arrays.set(name, elements);
    }
    return JSON.stringify({ name, length: elements.length } satisfies CsvRecords);
  },
  [Op.factNumber]: (vu, args) => factOf(facts, vu, args.number(0)),
  [Op.factText]: (vu, args) => factOf(texts, vu, args.number(0)),
  [Op.testAbort]: ({ env, scope }, args) => {
    const at = env.mapStack(args.optionalString(1) ?? '').trim();
    const reason = args.optionalString(0) ?? '';
    env.abortTest(`test aborted${reason === '' ? '' : `: ${reason}`}${at === '' ? '' : ` ${at}`}`);
    // Nothing after the call is to run, as far as an exception can see to it.
    scope.aborted = true;
    throw new GuestError('test aborted', 'TestAborted');
  },
  [Op.testFail]: ({ env, scope }, args) => {
    if (scope.phase === 'init') {
      throw new GuestError('execution.test.fail() called outside of VU context');
    }
    env.failTest(args.optionalString(0) ?? '');
  },
  [Op.cannotWait]: ({ listener }, args) => {
    listener.cannotWait(args.string(0), args.optionalString(1) ?? '');
  },
  [Op.urlParse]: (_vu, args) => urlJson(() => new URL(args.string(0), args.optionalString(1))),
  [Op.urlSet]: (_vu, args) =>
    urlJson(() => {
      const url = new URL(args.string(0));
      const property = args.string(1);
      if (!urlSetters.has(property)) throw new TypeError(`${property} cannot be set`);
      (url as unknown as Record<string, string>)[property] = args.string(2);
      return url;
    }),
  [Op.htmlReady]: () => Documents.ready(),
  [Op.htmlParse]: ({ documents }, args) => documents.parse(args.number(0), args.string(1)),
  [Op.htmlRelease]: ({ documents }, args) => documents.release(args.number(0)),
  [Op.htmlWalk]: ({ documents, env }, args) =>
    documents.walk(
      args.number(0),
      args.bytes(1),
      args.number(2),
      args.optionalString(3),
      (message) => env.log('warning', message),
    ),
  [Op.htmlRead]: ({ documents }, args) =>
    documents.read(args.number(0), args.bytes(1), args.number(2), args.optionalString(3)),
  [Op.metricNew]: (vu, args) => vu.addMetric(args),
  [Op.metricAdd]: (vu, args) => vu.sample(args),
  [Op.checkName]: (vu, args) => vu.addCheckName(args.string(0)),
  [Op.checkAdd]: (vu, args) => vu.check(args),
  [Op.groupEnter]: (vu, args) => vu.enterGroup(args.string(0)),
  [Op.groupLeave]: (vu, args) => vu.leaveGroup(args.number(0)),
  [Op.sessionEnter]: (vu, args) => vu.enterSession(args.string(0)),
  [Op.sessionLeave]: (vu, args) => vu.leaveSession(args.string(0)),
  [Op.tagSet]: ({ scope }, args) => {
    const key = args.string(0);
    const value = args.optionalString(1);
    if (args.boolean(2)) {
      throw new GuestError(
        'metadata is not supported yet: samples carry tags only (exec.vu.metrics.tags)',
      );
    }
    scope.tags = value === undefined ? scope.tags.without(key) : scope.tags.with(key, value);
  },
  [Op.tagList]: ({ scope }, args) =>
    JSON.stringify(args.boolean(0) ? {} : Object.fromEntries(scope.tags.entries())),
  [Op.sharedFind]: (vu, args) => {
    vu.initOnly('a SharedArray');
    return vu.env.shared.arrays.get(args.string(0))?.length ?? -1;
  },
  [Op.sharedNew]: (vu, args) => {
    vu.initOnly('a SharedArray');
    const { shared } = vu.env;
    if (shared.locked) {
      throw new GuestError(
        `the SharedArray '${args.string(0)}' did not exist when the script was first initialised; make it in every VU alike`,
      );
    }
    const items = JSON.parse(args.string(1)) as string[];
    shared.arrays.set(args.string(0), items);
    return items.length;
  },
  [Op.backoffNew]: (_vu, args) => {
    const kind = args.string(0);
    const given = JSON.parse(args.string(1)) as object;
    readBackoff(kind, given);
    return JSON.stringify({ kind, ...given });
  },
  [Op.limiterNew]: (vu, args) => {
    vu.initOnly('declaring a limit');
    const { shared } = vu.env;
    const given: unknown = JSON.parse(args.string(2));
    declareLimiter(shared, shared.locked, args.number(0), args.string(1), given);
  },
  [Op.tokenClientNew]: (vu, args) => {
    vu.initOnly('declaring a token client');
    const { shared } = vu.env;
    const given: unknown = JSON.parse(args.string(1));
    return declareTokenClient(shared, shared.locked, args.string(0), given);
  },
  [Op.sharedGet]: ({ env }, args) => env.shared.arrays.get(args.string(0))?.[args.number(1)],
};

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

/** With `named`, what is thrown has a name of its own, as k6/experimental/fs has it. */
function openFile(
  env: VuEnvironment,
  given: string,
  stack: string,
  named = false,
): { path: string; bytes: Uint8Array } {
  const refuse: Refuse = (message, name) => new GuestError(message, named ? name : undefined);
  if (given === '') throw refuse("open() can't be used with an empty filename", 'TypeError');
  const isFixed = given.startsWith('file://') || isAbsolute(given);
  const name = given.startsWith('file://') ? fileURLToPath(given) : given;
  const main = isFixed ? resolve(`${env.openRoot}${name}`) : resolve(env.scriptDir, name);
  const found = readOnce(env, main, given, refuse);
  const near =
    isFixed || (found && env.shared.locked) ? undefined : besideCaller(env, given, stack);
  if (found !== undefined) {
    if (near !== undefined && near !== main && statSync(near, { throwIfNoEntry: false })) {
      env.log(
        'warning',
        `open('${given}') reads ${main}, as k6 does; the file beside the calling module, ${near}, is not read`,
      );
    }
    return { path: main, bytes: found };
  }
  const beside =
    near === undefined || near === main ? undefined : readOnce(env, near, given, refuse);
  if (near !== undefined && beside !== undefined) return { path: near, bytes: beside };
  if (env.shared.locked) {
    throw refuse(
      `open() can't be used with files that weren't opened when the script was first initialised: '${given}'`,
      'ForbiddenError',
    );
  }
  const places =
    near === undefined || near === main ? env.scriptDir : `${env.scriptDir} and ${dirname(near)}`;
  throw refuse(`open(): there is no file '${given}' (looked in ${places})`, 'NotFoundError');
}

type Refuse = (message: string, name: string) => GuestError;

/** What a relative path means beside the module that calls: where k6 has no file, it is looked for there. */
function besideCaller(env: VuEnvironment, given: string, stack: string): string | undefined {
  const caller = env.callerFile(stack);
  return caller !== undefined && isAbsolute(caller) ? resolve(dirname(caller), given) : undefined;
}

/** A file's content, read by the first VU and shared by all; undefined when there is no such file. */
function readOnce(
  env: VuEnvironment,
  path: string,
  given: string,
  refuse: Refuse,
): Uint8Array | undefined {
  const known = env.shared.files.get(path);
  if (known !== undefined || env.shared.locked) return known;
  let bytes: Uint8Array;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      throw refuse(
        `open() can't be used with directories, path: "${given}"`,
        'InvalidResourceError',
      );
    }
    if (stat.size > limits.openFileBytes) {
      throw refuse(
        `open(): '${given}' has ${stat.size} bytes; at most ${limits.openFileBytes} can be opened`,
        'InvalidResourceError',
      );
    }
    bytes = readFileSync(path);
  } catch (thrown) {
    if (thrown instanceof GuestError) throw thrown;
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw refuse(`open(): '${given}' cannot be read: ${messageOf(thrown)}`, 'InvalidResourceError');
  }
  env.shared.files.set(path, bytes);
  return bytes;
}

/** The bytes of a file that was opened before. */
function heldFile(env: VuEnvironment, path: string): Uint8Array {
  const bytes = env.shared.files.get(path);
  if (bytes !== undefined) return bytes;
  throw new GuestError(`the file '${path}' is not open`, 'InvalidResourceError');
}

/** 32 well-mixed bits of (seed of the run, VU), so that neighbouring VUs draw unrelated numbers. */
function mixSeed(seed: number, vuId: number): number {
  let x = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(vuId + 1, 0x85ebca6b)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97) >>> 0;
  return (x ^ (x >>> 15)) >>> 0;
}
