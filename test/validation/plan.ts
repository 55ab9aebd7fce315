/** What a validation run is: a preset, what its users do, and what a diagnosis of it has to say. */
import type { RuleName } from '../../src/diagnosis/contract.ts';

/** What one user does; times are seconds of the platform. */
export interface User {
  /** REST calls, one each `every`. */
  calls?: number;
  every?: number;
  method?: 'GET' | 'POST';
  path?: string;
  /** Names the requests; without it they go by their URL, ids and all. */
  named?: string;
  /** Reads what it has made. */
  readBack?: boolean;
  /** Characters of the body. */
  body?: number;
  timeout?: number;
  freshConnections?: boolean;
  retry?: { most: number; wait: number | 'asked' };
  /** Fetches a token of its own for this client; `each` is a client of its own, too. */
  ownToken?: string;
  /** One token for all, renewed before it expires. */
  shared?: boolean;
  /** Fetches a new token when it is refused. */
  refresh?: boolean;
  /** Then it opens a WebSocket there. */
  place?: 'ivr' | 'guest' | 'channel';
  think?: readonly [from: number, to: number];
  /** Pings, or talks, so often; says nothing more after the transfer and waits for the end. */
  ping?: number;
  talk?: number;
  silent?: boolean;
  /** Hangs up so long after the transfer; otherwise at the end of the run. */
  stay?: number;
  /** Computes for so many real milliseconds between requests. */
  spinMs?: number;
}

export interface Plan {
  users: number;
  scale: number;
  /** One user after the other, evenly; or a ramp of users who have one go each. */
  shape: 'arrivals' | 'ramp';
  /** Seconds in which they come, and how long the run goes on then. */
  ramp: number;
  hold: number;
  user: User;
  maxVUs?: number;
  /** Of an arrival rate; the ramp unless said otherwise. */
  timeUnit?: number;
}

/** How the generator is made to fail, for real. */
export interface Hurt {
  /** `ulimit -n` */
  files?: number;
  /** Local ports, in a network namespace of its own. */
  ports?: number;
  /** Other processes that compute. */
  burners?: number;
  /** Requests with a body go through something that forwards so many bytes a second of the platform. */
  bytesPerSecond?: number;
}

export interface Validation {
  name: string;
  preset: string;
  knobs?: readonly string[];
  plan: Omit<Plan, 'scale' | 'users' | 'shape'> & { users: number };
  shapes?: readonly Plan['shape'][];
  hurt?: Hurt;
  /**
   * What is right as the first verdict; `none` for silence. A faultless ledger makes `none` of it, as the
   * fault did not come about.
   */
  right: readonly (RuleName | 'none')[];
  /** What else may be said. */
  also?: readonly RuleName[];
  /** What has to be said besides the first. */
  needs?: readonly RuleName[];
  /** Decisions of the ledger that are the fault; empty where the platform does nothing wrong. */
  faults: readonly string[];
  /** Whose fault it is, where it is the generator's. */
  generator?: true;
  /** Scales below this make windows of a second shorter than jitter. */
  leastScale?: number;
}
