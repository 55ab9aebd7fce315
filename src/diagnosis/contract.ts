/** What a diagnosis is made of, and what it comes to. */
import type { AttemptsView } from '../attempts/attempt-book.ts';
import type { HealthSecond } from '../health/contract.ts';

/** Starts of the open models, as far as there are any. */
export interface Schedule {
  offered: number;
  droppedNoVu: number;
  droppedBehind: number;
  /** How late iterations began, in milliseconds; 0 without an open model. */
  latenessP99: number;
}

export interface DiagnosisInput {
  attempts: AttemptsView;
  seconds: readonly HealthSecond[];
  schedule: Schedule;
  /** VUs of the plan. */
  vus: number;
  /** The script says that each user is to have a token of its own (`oauth.perUser`). */
  tokensPerUser?: boolean;
  /** Headers that identify an answer, in the order in which they are looked for. */
  idHeaders: readonly string[];
  /** Simulated time runs so much faster than ours: 0.1 makes 30 s of a preset take 3. 1 for anything real. */
  timeScale: number;
}

/** The rules, by the names the design gives them: G generator, E endpoint, R rate, C capacity, and so on. */
export type RuleName =
  | 'G0'
  | 'G1'
  | 'G2'
  | 'G3'
  | 'G4'
  | 'G5'
  | 'G6'
  | 'G7'
  | 'G8'
  | 'E1'
  | 'E2'
  | 'A1'
  | 'R1'
  | 'R2'
  | 'R3'
  | 'X1'
  | 'C1'
  | 'C2'
  | 'C3'
  | 'C4'
  | 'C5'
  | 'T1'
  | 'T2'
  | 'K1'
  | 'K2'
  | 'K3'
  | 'I1'
  | 'L1'
  | 'P1'
  | 'M1'
  | 'N1'
  | 'D1'
  | 'W1';

/** What `--fail-on` names. */
export const subjects = [
  'generator',
  'configuration',
  'authentication',
  'rate-limit',
  'capacity',
  'ambiguous',
  'timeout',
  'token',
  'retries',
  'sessions',
  'network',
  'downstream',
  'unexplained',
] as const;
export type Subject = (typeof subjects)[number];

/** Whose doing it is. */
export type Party = 'generator' | 'script' | 'target' | 'network' | 'unknown';

export type ConfidenceWord = 'certain' | 'likely' | 'possible' | 'cannot tell';

export interface Verdict {
  rule: RuleName;
  subject: Subject;
  party: Party;
  /** One sentence that can stand alone. */
  title: string;
  confidence: number;
  word: ConfidenceWord;
  /** What was seen, with its numbers. */
  evidence: readonly string[];
  /** What else it could have been, and why it is not that. */
  ruledOut: readonly string[];
  /** What to do next. */
  next: string;
  /** Milliseconds since 1970 of the first sign. */
  since: number;
  /** Failures it accounts for. */
  failures: number;
  /** Correlation ids of the first and last of them, for the people who run the target. */
  ids: readonly string[];
}

/** Whether the generator can be trusted. */
export interface Gate {
  healthy: boolean;
  /** What was looked at, a line each, good or bad. */
  facts: readonly string[];
  /** What is wrong with it. */
  problems: readonly string[];
}

/** Failures that no verdict accounts for. */
export interface Unexplained {
  what: string;
  count: number;
}

export interface Diagnosis {
  version: 1;
  gate: Gate;
  /** At most three that matter, the first the most. */
  verdicts: readonly Verdict[];
  /** Further verdicts, and warnings. */
  further: readonly Verdict[];
  failures: number;
  explained: number;
  unexplained: readonly Unexplained[];
}
