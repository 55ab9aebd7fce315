/** The options a script exports, as its author writes them. Names and meaning are k6's unless said. */

/** Milliseconds as a number, or text such as '30s', '1m30s', '500ms', '2d3h'. */
export type Duration = number | string;

export interface Stage {
  duration: Duration;
  /** VUs (or rate) at the end of the stage. */
  target: number;
}

interface ScenarioCommon {
  /** Offset from the start of the test. Default 0s. */
  startTime?: Duration;
  /** How long iterations under way may take after the scenario's regular end. Default 30s. */
  gracefulStop?: Duration;
  /** Name of the exported function to run. Default 'default'. */
  exec?: string;
  /** Laid over `__ENV` while a VU runs this scenario. */
  env?: Record<string, string>;
  /** Added to every sample of this scenario. */
  tags?: Record<string, string>;
  /** vurun: what you expect one iteration to take, think time included. Only the plan check before the run reads it. */
  iterationTakes?: Duration;
  /** vurun: calls one iteration makes at the target, for the plan check. Default 1. */
  callsPerIteration?: number;
}
export interface ConstantVus extends ScenarioCommon {
  executor: 'constant-vus';
  vus?: number;
  duration: Duration;
}
export interface RampingVus extends ScenarioCommon {
  executor: 'ramping-vus';
  startVUs?: number;
  stages: Stage[];
  /** How long an iteration may take when its VU is ramped down. Default 30s. */
  gracefulRampDown?: Duration;
}
export interface PerVuIterations extends ScenarioCommon {
  executor: 'per-vu-iterations';
  vus?: number;
  iterations?: number;
  maxDuration?: Duration;
}
export interface SharedIterations extends ScenarioCommon {
  executor: 'shared-iterations';
  vus?: number;
  iterations?: number;
  maxDuration?: Duration;
}
interface Arrivals extends ScenarioCommon {
  /** What rates are per. Default 1s. */
  timeUnit?: Duration;
  /** VUs made before the scenario starts. */
  preAllocatedVUs: number;
  /** The most VUs; those beyond preAllocatedVUs are made as free ones run short. Default preAllocatedVUs. */
  maxVUs?: number;
  /**
   * vurun: what becomes of a start that finds no free VU: `drop` counts it as dropped, as in k6;
   * `wait` lets it wait for the next one. Default drop.
   */
  whenBusy?: 'drop' | 'wait';
}
export interface ConstantArrivalRate extends Arrivals {
  executor: 'constant-arrival-rate';
  /** Iterations started in each timeUnit: a whole number. */
  rate: number;
  duration: Duration;
}
export interface RampingArrivalRate extends Arrivals {
  executor: 'ramping-arrival-rate';
  /** Default 0. */
  startRate?: number;
  /** Targets are rates: iterations started in each timeUnit, whole numbers. */
  stages: Stage[];
}
export type Scenario =
  | ConstantVus
  | RampingVus
  | PerVuIterations
  | SharedIterations
  | ConstantArrivalRate
  | RampingArrivalRate;

export type Threshold =
  | string
  | { threshold: string; abortOnFail?: boolean; delayAbortEval?: Duration };

export interface TlsAuth {
  /** PEM text of the client certificate. */
  cert: string;
  /** PEM text of its key. */
  key: string;
  password?: string;
  /** Host names it is for; a leading `*.` is a wildcard. All hosts when absent. */
  domains?: string[];
}

export interface Options {
  vus?: number;
  duration?: Duration;
  iterations?: number;
  stages?: Stage[];
  scenarios?: Record<string, Scenario>;
  thresholds?: Record<string, Threshold | Threshold[]>;

  setupTimeout?: Duration;
  teardownTimeout?: Duration;
  handleSummaryTimeout?: Duration;
  noSetup?: boolean;
  noTeardown?: boolean;

  /** Largest number of requests a second, over all VUs of the run. */
  rps?: number;
  maxRedirects?: number;
  /** Answer headers that identify a request to the target's operators, besides the usual ones: kept with each failure. */
  idHeaders?: string[];
  /**
   * vurun: each request and WebSocket carries a `traceparent` header (W3C) of its own, whose trace id stands
   * in the attempt's record; true asks for all of these traces to be recorded, a number from 0 to 1 for that share.
   */
  traceparent?: boolean | number;
  userAgent?: string;
  batch?: number;
  batchPerHost?: number;
  httpDebug?: '' | 'headers' | 'full';
  /** vurun: log failed requests only, and with bodies unless `httpDebug` is 'headers'. */
  httpDebugFailed?: boolean;
  insecureSkipTLSVerify?: boolean;
  tlsAuth?: TlsAuth[];
  /** vurun: PEM text of certificate authorities to trust beside the system's. */
  tlsCA?: string | string[];
  /** Versions of TLS to offer: 'tls1.0' to 'tls1.3', one or from `min` to `max`. */
  tlsVersion?: string | { min?: string; max?: string };
  /** Cipher suites for TLS 1.2 and before, such as 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'. */
  tlsCipherSuites?: string[];
  throw?: boolean;
  /** `{'host[:port]': 'ip[:port]'}`; changes where a connection goes, not the Host header. */
  hosts?: Record<string, string>;
  /** How names are looked up. Default `{ ttl: '5m', select: 'random', policy: 'preferIPv4' }`. */
  dns?: {
    /** How long an answer is kept: a duration, '0' or 'inf'. */
    ttl?: Duration;
    /** Which of a name's addresses is taken. */
    select?: 'first' | 'random' | 'roundRobin';
    policy?: 'preferIPv4' | 'preferIPv6' | 'onlyIPv4' | 'onlyIPv6' | 'any';
  };
  /** Networks nothing is to be sent to, such as '10.0.0.0/8'. */
  blacklistIPs?: string[];
  /** Names nothing is to be sent to; a leading `*` stands for any beginning. */
  blockHostnames?: string[];
  /** Local addresses to connect from; VU n uses the (n-1 mod count)th. */
  localIPs?: string;
  noConnectionReuse?: boolean;
  noVUConnectionReuse?: boolean;
  noCookiesReset?: boolean;
  discardResponseBodies?: boolean;
  minIterationDuration?: Duration;
  /** The part of the test this process runs, such as '0:1/4'. */
  executionSegment?: string;
  /** How the whole test is cut, such as '0,1/4,1/2,1'. */
  executionSegmentSequence?: string;

  tags?: Record<string, string>;
  systemTags?: string[];
  summaryTrendStats?: string[];
  summaryTimeUnit?: '' | 's' | 'ms' | 'us';

  /** vurun: `iterationTakes` of every scenario that has none of its own. */
  iterationTakes?: Duration;
  /** vurun: `callsPerIteration` of every scenario that has none of its own. */
  callsPerIteration?: number;
  /** vurun: what is known of the target, for the plan check. */
  target?: {
    /** Calls it allows in any second, minute or hour: '5/s', '300/min', '10000/h'. */
    limit?: string;
    /**
     * Who allowed this load: the number of the ticket, say. Known production systems, and those of
     * `guard`, are refused without it; `--i-have-authorization` says the same.
     */
    authorized?: string;
    /** Names that need such a word; a leading `*` stands for any beginning. */
    guard?: string[];
  };
  /** vurun: what the plan check finds is an error and nothing runs; without it, findings are warnings. */
  strict?: boolean;

  /** vurun: a run in which iterations failed in the script ends with exit code 107 instead of 0. */
  failOnScriptError?: boolean;
  /** vurun: largest growth of memory one VU may cause, e.g. '64MB'. */
  vuMemoryLimit?: number | string;
  /** vurun: stack of a VU, e.g. '128KB'. */
  vuStackLimit?: number | string;
  /** vurun: longest time one entry into a VU may take. Default 2s. */
  vuTurnTimeout?: Duration;
}
