/** Runs a script in one real VU: real QuickJS, real protocols, a recorder that keeps every sample. */
import type { Attempt } from '../../src/attempts/contract.ts';
import { monotonicClock } from '../../src/clock.ts';
import { limits } from '../../src/limits.ts';
import type { BuiltinName, Builtins, Metric, TagSet } from '../../src/metrics/contract.ts';
import { createRegistry } from '../../src/metrics/registry.ts';
import { rootTags } from '../../src/metrics/tag-set.ts';
import type { ProtocolSettings } from '../../src/protocols/contract.ts';
import { protocols } from '../../src/protocols/protocols.ts';
import { Template } from '../../src/sandbox/template.ts';
import { bundleName } from '../../src/script/program.ts';
import { noSecrets, type SecretSources } from '../../src/script/secrets.ts';
import type { IterationEnd, VuEnvironment } from '../../src/vu/contract.ts';
import { forkRule } from '../../src/vu/fork-rule.ts';
import { Turns } from '../../src/vu/turns.ts';
import { InitFailure, Vu } from '../../src/vu/vu.ts';
import { keepAttempts } from './attempt-keeper.ts';
import { bundleForTest } from './bundle.ts';
import { citizenOf, noGuard } from './citizen.ts';

export interface GuestSample {
  metric: string;
  value: number;
  tags: Record<string, string>;
}

export interface GuestRun {
  logs: { level: string; text: string; fields: Record<string, string> }[];
  samples: GuestSample[];
  /** Errors of init, the exported function, timers and handlers, as logged. */
  failures: { name: string; message: string; stack: string }[];
  /** What the default function (or the one asked for) left in `globalThis.result`, if it logged it. */
  ends: string[];
  /** The records of the attempts that have ended. */
  attempts(): Attempt[];
}

export const defaultSettings: ProtocolSettings = {
  userAgent: 'vurun/test',
  maxRedirects: 10,
  maxRedirectsExplicit: false,
  batch: 20,
  batchPerHost: 6,
  httpDebug: '',
  httpDebugFailed: false,
  insecureSkipTLSVerify: false,
  tlsAuth: [],
  tlsCA: [],
  throw: false,
  hosts: {},
  dns: { ttlMs: 0, select: 'first', policy: 'any' },
  blacklistIPs: [],
  blockHostnames: [],
  tlsVersion: {},
  tlsCipherSuites: [],
  localAddresses: [],
  noConnectionReuse: false,
  noVUConnectionReuse: false,
  noCookiesReset: false,
  discardResponseBodies: false,
  traceparent: 0,
  rps: 0,
  ...noGuard,
  systemTags: new Set(
    'proto,subproto,status,method,url,name,group,check,error,error_code,tls_version,scenario,expected_response'.split(
      ',',
    ),
  ),
};

export interface GuestOptions {
  settings?: Partial<ProtocolSettings>;
  iterations?: number;
  env?: Record<string, string>;
  scriptDir?: string;
  secrets?: SecretSources;
  /** A whole program to run in place of the source. */
  program?: { code: string; mapStack(stack: string): string };
  /** Hears of each log line and sample as it comes. */
  hear?: (event: { log: string } | { failure: string } | { sample: GuestSample }) => void;
  /** Interrupts the iteration after this many milliseconds. */
  interruptAfterMs?: number;
}

/** Runs `source`'s default function as iterations of one VU and returns what came of it. */
export async function runGuest(source: string, options: GuestOptions = {}): Promise<GuestRun> {
  const keeper = keepAttempts();
  const run: GuestRun = {
    logs: [],
    samples: [],
    failures: [],
    ends: [],
    attempts: keeper.records,
  };
  const registry = createRegistry();
  const env: VuEnvironment = {
    template: new Template({
      code: options.program?.code ?? (await bundleForTest(source)),
      name: options.program === undefined ? 'bundle' : bundleName,
      forkRule,
      guestLimits: {
        memoryBytes: limits.vuMemoryBytes,
        stackBytes: limits.vuStackBytes,
        turnMs: limits.turnMs,
        initMs: limits.initMs,
      },
    }),
    clock: monotonicClock,
    recorder: {
      add(metric: Metric, tags: TagSet, value: number) {
        const sample = { metric: metric.name, value, tags: Object.fromEntries(tags.entries()) };
        run.samples.push(sample);
        options.hear?.({ sample });
      },
    },
    builtins: registry.builtins as Builtins,
    attempts: keeper.log,
    metricNew: (name, kind, contains) => registry.define(name, kind, contains),
    settings: { ...defaultSettings, ...options.settings },
    idInTest: (vuId) => vuId,
    gauges: { httpInFlight: 0, wsOpen: 0, wsConnecting: 0 },
    citizen: citizenOf(),
    protocols,
    turns: new Turns(monotonicClock),
    runTags: rootTags({}),
    env: options.env ?? {},
    secrets: options.secrets ?? noSecrets,
    scriptDir: options.scriptDir ?? process.cwd(),
    shared: { arrays: new Map(), files: new Map(), limiters: [], tokenClients: [], locked: false },
    seed: 1,
    optionsJson: () => '{"scenarios":{"default":{"executor":"per-vu-iterations"}}}',
    startedAt: () => monotonicClock.now(),
    counts: {
      iterationsComplete: 0,
      iterationsInterrupted: 0,
      iterationsFailed: 0,
      vusActive: 1,
      vusInitialized: 0,
    },
    instanceCounts: () => env.counts,
    mapStack: options.program?.mapStack ?? ((stack) => stack),
    callerFile: () => undefined,
    openRoot: '',
    log: (level, text, fields = {}) => {
      if (fields['source'] === 'console') options.hear?.({ log: text });
      if (fields['source'] === 'script') {
        options.hear?.({ failure: text });
        const match = /^(?:(\w+): )?(.*?)(?:\n([\s\S]*))?$/.exec(text);
        run.failures.push({
          name: match?.[1] ?? '',
          message: match?.[2] ?? '',
          stack: match?.[3] ?? '',
        });
      } else {
        run.logs.push({ level, text, fields });
      }
    },
    stalled: () => undefined,
    abortTest: (reason) => run.ends.push(reason),
    failTest: (reason) => run.ends.push(`test marked as failed: ${reason}`),
    iterationFailed: () => undefined,
    fatal: (message) => run.ends.push(message),
    enterTurn: () => undefined,
    leaveTurn: () => undefined,
  };
  let vu: Vu;
  try {
    vu = await Vu.create(env, 1);
  } catch (thrown) {
    if (!(thrown instanceof InitFailure)) throw thrown;
    run.failures.push(thrown.failure);
    return run;
  }
  const startedAt = monotonicClock.now();
  vu.activate(
    {
      name: 'default',
      executor: 'per-vu-iterations',
      exec: 'default',
      env: {},
      tags: {},
      startedAt,
      progress: () => 0,
    },
    undefined,
  );
  for (let i = 0; i < (options.iterations ?? 1); i++) {
    const timer =
      options.interruptAfterMs === undefined
        ? undefined
        : setTimeout(() => vu.interrupt(), options.interruptAfterMs);
    run.ends.push(
      await new Promise<IterationEnd>((resolve) =>
        vu.runIteration({ inInstance: i, inTest: i }, { iterationEnded: resolve }),
      ),
    );
    clearTimeout(timer);
  }
  vu.dispose();
  return run;
}

export type { BuiltinName };
