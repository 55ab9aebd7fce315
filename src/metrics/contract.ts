/**
 * What the ledger offers to those who measure. A sample is (metric, tag set, value, time): the recorder
 * of a shard folds it into sinks at once, so that memory does not grow with the length of a run.
 */

export type MetricKind = 'counter' | 'gauge' | 'rate' | 'trend';
export type MetricContains = 'default' | 'time' | 'data';

export interface Metric {
  /** Dense integer, the same for the life of a registry. */
  readonly id: number;
  readonly name: string;
  readonly kind: MetricKind;
  readonly contains: MetricContains;
}

/** An interned, immutable set of tags: two sets with the same pairs are the same object. */
export interface TagSet {
  readonly id: number;
  /** This set with one more (or another) value. A new pair costs a map look-up or two. */
  with(key: string, value: string): TagSet;
  without(key: string): TagSet;
  get(key: string): string | undefined;
  /** Pairs, sorted by key. */
  entries(): readonly (readonly [string, string])[];
}

export interface Recorder {
  /**
   * Records one sample. Times are milliseconds (a trend keeps microseconds); a rate takes 1 or 0.
   * `wallMs` is milliseconds since 1970, of the sample's end.
   */
  add(metric: Metric, tags: TagSet, value: number, wallMs: number): void;
}

/** The built-in metrics, by k6's names; where k6 has none, `registry.ts` says what is meant. */
export type BuiltinName =
  | 'vus'
  | 'vus_max'
  | 'iterations'
  | 'iteration_duration'
  | 'iterations_failed'
  | 'dropped_iterations'
  | 'iterations_offered'
  | 'iterations_started'
  | 'iteration_lateness'
  | 'checks'
  | 'group_duration'
  | 'data_sent'
  | 'data_received'
  | 'http_reqs'
  | 'http_req_duration'
  | 'http_req_blocked'
  | 'http_req_connecting'
  | 'http_req_tls_handshaking'
  | 'http_req_sending'
  | 'http_req_waiting'
  | 'http_req_receiving'
  | 'http_req_failed'
  | 'http_req_duration_corrected'
  | 'ws_sessions'
  | 'ws_sessions_lost'
  | 'ws_sessions_leaked'
  | 'ws_connecting'
  | 'ws_session_duration'
  | 'ws_msgs_sent'
  | 'ws_msgs_received'
  | 'ws_ping'
  | 'ws_handshakes'
  | 'ws_handshake_duration'
  | 'ws_handshake_failed_duration'
  | 'ws_first_message'
  | 'ws_closes'
  | 'ws_data_sent'
  | 'ws_data_received'
  | 'ws_open'
  | 'vurun_loop_delay'
  | 'vurun_loop_utilization'
  | 'vurun_gc_pause'
  | 'vurun_cpu'
  | 'vurun_host_cpu'
  | 'vurun_throttled'
  | 'vurun_memory'
  | 'vurun_open_files'
  | 'vurun_ports'
  | 'vurun_time_wait'
  | 'retries'
  | 'retry_wait'
  | 'retries_given_up'
  | 'retry_after_violations'
  | 'limit_wait'
  | 'token_requests';

export type Builtins = Readonly<Record<BuiltinName, Metric>>;
