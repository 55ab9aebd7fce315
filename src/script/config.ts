/** The consolidated configuration of a run: every option has its value, every duration is milliseconds. */
import type { TlsVersion } from './network.ts';
import type { Rate } from './rate.ts';

import type { Stripe } from './segment.ts';

interface ScenarioBase {
  name: string;
  startTimeMs: number;
  gracefulStopMs: number;
  exec: string;
  env: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
  /** What one iteration is expected to take, think time included; for the plan check only. */
  iterationTakesMs?: number;
  /** Calls one iteration makes at the target; for the plan check, which takes 1 where nothing is said. */
  callsPerIteration?: number;
}
export type ScenarioPlanInput =
  | (ScenarioBase & { executor: 'constant-vus'; vus: number; durationMs: number })
  | (ScenarioBase & {
      executor: 'ramping-vus';
      startVUs: number;
      stages: readonly { durationMs: number; target: number }[];
      gracefulRampDownMs: number;
    })
  | (ScenarioBase & {
      executor: 'per-vu-iterations';
      vus: number;
      iterations: number;
      maxDurationMs: number;
    })
  | (ScenarioBase & {
      executor: 'shared-iterations';
      vus: number;
      iterations: number;
      maxDurationMs: number;
    })
  | (ScenarioBase &
      Arrivals & { executor: 'constant-arrival-rate'; rate: number; durationMs: number })
  | (ScenarioBase &
      Arrivals & {
        executor: 'ramping-arrival-rate';
        startRate: number;
        /** Targets are rates. */
        stages: readonly { durationMs: number; target: number }[];
      });

/** What the open models share: iterations start at given instants, whatever became of those before. */
interface Arrivals {
  /** What rates are per. */
  timeUnitMs: number;
  preAllocatedVUs: number;
  maxVUs: number;
  /** What becomes of a start that finds no free VU. */
  whenBusy: 'drop' | 'wait';
}

export type ArrivalPlanInput = Extract<ScenarioPlanInput, Arrivals>;

export interface ThresholdConfig {
  /** `http_req_duration{type:api}` as written. */
  metric: string;
  expressions: readonly { source: string; abortOnFail: boolean; delayAbortEvalMs: number }[];
}

/** What protocols read; the same for all VUs. */
export interface NetworkConfig {
  maxRedirects: number;
  /** Whether the user set maxRedirects: then the warning about a stopped chain is not given. */
  maxRedirectsExplicit: boolean;
  userAgent: string;
  batch: number;
  batchPerHost: number;
  httpDebug: '' | 'headers' | 'full';
  /** Of failed requests only, and with bodies unless httpDebug says 'headers'. */
  httpDebugFailed: boolean;
  insecureSkipTLSVerify: boolean;
  tlsAuth: readonly { cert: string; key: string; password?: string; domains?: readonly string[] }[];
  tlsCA: readonly string[];
  /** The versions of TLS to offer; what is absent is as Node has it. */
  tlsVersion: { min?: TlsVersion; max?: TlsVersion };
  /** OpenSSL's names, for TLS 1.2 and before; empty for OpenSSL's own choice. */
  tlsCipherSuites: readonly string[];
  throw: boolean;
  hosts: Readonly<Record<string, string>>;
  dns: {
    /** How long an answer is kept; Infinity for the whole run. */
    ttlMs: number;
    select: 'first' | 'random' | 'roundRobin';
    policy: 'preferIPv4' | 'preferIPv6' | 'onlyIPv4' | 'onlyIPv6' | 'any';
  };
  /** Networks nothing is connected to, as `address/prefix`. */
  blacklistIPs: readonly string[];
  /** Names nothing is connected to, in lower case, with an optional leading `*`. */
  blockHostnames: readonly string[];
  localAddresses: readonly string[];
  noConnectionReuse: boolean;
  noVUConnectionReuse: boolean;
  noCookiesReset: boolean;
  discardResponseBodies: boolean;
  /** 0: requests carry no `traceparent`; else each does, and this share of them asks to be recorded. */
  traceparent: number;
}

export interface RunConfig extends NetworkConfig {
  scenarios: readonly ScenarioPlanInput[];
  thresholds: readonly ThresholdConfig[];
  noThresholds: boolean;
  setupTimeoutMs: number;
  teardownTimeoutMs: number;
  handleSummaryTimeoutMs: number;
  noSetup: boolean;
  noTeardown: boolean;
  /** Requests a second over the whole run, or 0. */
  rps: number;
  minIterationDurationMs: number;
  /** The part of the test this process runs, or undefined for the whole. */
  segment: Stripe | undefined;
  /** What is declared about the target. */
  target: {
    limit?: Rate;
    /** Who allowed the load: a ticket, or the flag that says so. */
    authorized?: string;
    /** Names beside the known production ones that need such a word, with an optional leading `*`. */
    guard?: readonly string[];
  };
  /** What the plan check finds is an error. */
  strict: boolean;
  /** A run in which iterations failed in the script ends with exit code 107. */
  failOnScriptError: boolean;
  /** After the summary vurun waits for a signal. */
  linger: boolean;
  tags: Readonly<Record<string, string>>;
  /** Further headers whose values identify an answer, in lower case. */
  idHeaders: readonly string[];
  systemTags: readonly string[];
  summaryTrendStats: readonly string[];
  summaryTimeUnit: '' | 's' | 'ms' | 'us';
  vuMemoryLimitBytes: number;
  vuStackLimitBytes: number;
  vuTurnTimeoutMs: number;
  /** `__ENV` of every VU. */
  env: Readonly<Record<string, string>>;
  /** The options as a script sees them in `exec.test.options`: k6's names, scenarios filled in. */
  visibleOptions: Readonly<Record<string, unknown>>;
  /** Options as they were given, merged, before defaults and checks: what an archive keeps. */
  givenOptions: Readonly<Record<string, unknown>>;
  /** Sentences about what was odd but is no mistake, such as an unknown option. */
  warnings: readonly string[];
}
