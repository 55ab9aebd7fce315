import { GuestError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { BuiltinName, Builtins, Metric, MetricContains, MetricKind } from './contract.ts';

const builtinTable: Readonly<Record<BuiltinName, readonly [MetricKind, MetricContains]>> = {
  vus: ['gauge', 'default'],
  vus_max: ['gauge', 'default'],
  iterations: ['counter', 'default'],
  iteration_duration: ['trend', 'time'],
  iterations_failed: ['counter', 'default'],
  dropped_iterations: ['counter', 'default'],
  iterations_offered: ['counter', 'default'],
  iterations_started: ['counter', 'default'],
  iteration_lateness: ['trend', 'time'],
  checks: ['rate', 'default'],
  group_duration: ['trend', 'time'],
  data_sent: ['counter', 'data'],
  data_received: ['counter', 'data'],
  http_reqs: ['counter', 'default'],
  http_req_duration: ['trend', 'time'],
  http_req_blocked: ['trend', 'time'],
  http_req_connecting: ['trend', 'time'],
  http_req_tls_handshaking: ['trend', 'time'],
  http_req_sending: ['trend', 'time'],
  http_req_waiting: ['trend', 'time'],
  http_req_receiving: ['trend', 'time'],
  http_req_failed: ['rate', 'default'],
  http_req_duration_corrected: ['trend', 'time'],
  ws_sessions: ['counter', 'default'],
  ws_sessions_lost: ['counter', 'default'],
  ws_connecting: ['trend', 'time'],
  ws_session_duration: ['trend', 'time'],
  ws_msgs_sent: ['counter', 'default'],
  ws_msgs_received: ['counter', 'default'],
  ws_ping: ['trend', 'time'],
  // Of vurun's own: every attempt at a WebSocket by its outcome, the times of those that opened and of
  // those that did not apart, and how each open one ended (tags code, by, phase).
  ws_handshakes: ['counter', 'default'],
  ws_handshake_duration: ['trend', 'time'],
  ws_handshake_failed_duration: ['trend', 'time'],
  ws_first_message: ['trend', 'time'],
  ws_closes: ['counter', 'default'],
  ws_data_sent: ['counter', 'data'],
  ws_data_received: ['counter', 'data'],
  // Sessions of vurun/ws the script left open when its iteration ended.
  ws_sessions_leaked: ['counter', 'default'],
  ws_open: ['gauge', 'default'],
  // The generator's own health, once a second: the event loop of each shard, then process and machine.
  vurun_loop_delay: ['trend', 'time'],
  vurun_loop_utilization: ['trend', 'default'],
  vurun_gc_pause: ['trend', 'time'],
  vurun_cpu: ['trend', 'default'],
  vurun_host_cpu: ['trend', 'default'],
  vurun_throttled: ['counter', 'default'],
  vurun_memory: ['gauge', 'data'],
  vurun_open_files: ['gauge', 'default'],
  vurun_ports: ['gauge', 'default'],
  vurun_time_wait: ['gauge', 'default'],
  retries: ['counter', 'default'],
  retry_wait: ['trend', 'time'],
  retries_given_up: ['counter', 'default'],
  retry_after_violations: ['counter', 'default'],
  limit_wait: ['trend', 'time'],
  token_requests: ['counter', 'default'],
};

/** The metrics one thread knows: the built-in ones, and those the script declares. */
export interface MetricRegistry {
  readonly builtins: Builtins;
  /**
   * Declares a custom metric, or finds the one declared the same way before. Throws a GuestError for a
   * bad name, for a name that is taken by another type, and beyond `limits.metrics`.
   */
  define(name: string, kind: MetricKind, contains: MetricContains): Metric;
  get(name: string): Metric | undefined;
  all(): readonly Metric[];
}

export function createRegistry(): MetricRegistry {
  const byName = new Map<string, Metric>();
  const add = (name: string, kind: MetricKind, contains: MetricContains): Metric => {
    const metric: Metric = Object.freeze({ id: byName.size, name, kind, contains });
    byName.set(name, metric);
    return metric;
  };
  const builtins = Object.fromEntries(
    Object.entries(builtinTable).map(([name, [kind, contains]]) => [
      name,
      add(name, kind, contains),
    ]),
  ) as Record<BuiltinName, Metric>;
  return {
    builtins,
    get: (name) => byName.get(name),
    all: () => [...byName.values()],
    define(name, kind, contains) {
      if (!/^[a-zA-Z_][a-zA-Z0-9_]{1,128}$/.test(name)) {
        throw new GuestError(
          `Invalid metric name: '${name}'. Metric names must only include up to 128 ASCII letters, ` +
            'numbers, or underscores and start with a letter or an underscore. ' +
            'They must have at least 2 characters.',
        );
      }
      const known = byName.get(name);
      if (known === undefined) {
        if (byName.size >= limits.metrics) {
          throw new GuestError(
            `metric '${name}' is one too many: a test may have ${limits.metrics} metrics; ` +
              'tell values apart by tags instead of by metric names',
          );
        }
        return add(name, kind, contains);
      }
      if (known.kind !== kind) {
        throw new GuestError(
          `metric '${name}' already exists but with type ${known.kind}, instead of ${kind}`,
        );
      }
      if (known.contains !== contains) {
        throw new GuestError(
          `metric '${name}' already exists but with a value type ${known.contains}, instead of ${contains}`,
        );
      }
      return known;
    },
  };
}
