/** The flags of `vurun run` and `vurun inspect`: one line each. */
export interface FlagRow {
  /** As commander reads it: `-u, --vus <n>`. */
  flags: string;
  help: string;
  /** May be given several times. */
  repeat?: true;
}

export const runFlags: readonly FlagRow[] = [
  { flags: '-u, --vus <n>', help: 'virtual users' },
  {
    flags: '-d, --duration <time>',
    help: "how long, for example '30s' or '1m30s'",
  },
  { flags: '-i, --iterations <n>', help: 'iterations of all VUs together' },
  {
    flags: '-s, --stage <time:vus>',
    help: "ramp to a number of VUs, for example '10s:50'",
    repeat: true,
  },
  { flags: '-e, --env <NAME=value>', help: 'a variable for __ENV', repeat: true },
  {
    flags: '--tag <name=value>',
    help: 'a tag on every sample',
    repeat: true,
  },
  {
    flags: '--sim <preset>',
    help: 'start the simulator for this run; __ENV.BASE and __ENV.BASE_WS are its addresses',
  },
  { flags: '--sim-set <knob=value>', help: 'change a knob of that simulator', repeat: true },
  {
    flags: '-o, --out <type[=argument]>',
    help: 'where results go: json, csv, attempts or junit=FILE, github, prometheus, opentelemetry or influxdb=URL, prometheus-scrape, statsd',
    repeat: true,
  },
  {
    flags: '--ids <which=file>',
    help: "correlation ids as CSV, for the target's support: failed=FILE.csv or all=FILE.csv",
    repeat: true,
  },
  {
    flags: '--secret-source <type=conf>',
    help: "secrets for 'k6/secrets': file=PATH, env=NAMES or mock=KEY=VALUE",
    repeat: true,
  },
  { flags: '--offline', help: 'fetch nothing: modules imported by URL come from the cache' },
  {
    flags: '--update-imports',
    help: 'fetch modules imported by URL anew, and accept what has changed',
  },
  { flags: '-c, --config <file>', help: 'JSON file with options' },
  {
    flags: '--shards <n>',
    help: 'worker threads (default: what the run needs, at most one a core)',
  },
  { flags: '--seed <n>', help: 'seed of Math.random in every VU, to repeat a run' },
  { flags: '-q, --quiet', help: 'no banner, description and progress' },
  { flags: '-v, --verbose', help: 'log debug lines too' },
  { flags: '--no-color', help: 'no colours' },
  { flags: '--log-output <where>', help: "stderr, stdout, none or file=PATH (default 'stderr')" },
  { flags: '--log-format <format>', help: "text, json or raw (default 'text')" },
  { flags: '--console-output <file>', help: 'what the script says with console goes to this file' },
  { flags: '--summary-mode <mode>', help: "compact, full or disabled (default 'compact')" },
  { flags: '--summary-export <file>', help: 'write the summary as JSON' },
  {
    flags: '--no-result',
    help: 'write no result file (default: one in the folder results; --out result=FILE names it)',
  },
  { flags: '--ui [port]', help: 'show the report as the run goes on, on this machine only' },
  {
    flags: '--diagnosis-export <file>',
    help: 'write the verdict as JSON, with all evidence, for `vurun explain`',
  },
  {
    flags: '--fail-on <verdicts>',
    help: "exit with 110 when there is such a verdict: 'generator,capacity,rate-limit'",
    repeat: true,
  },
  {
    flags: '--summary-trend-stats <stats>',
    help: "for example 'avg,p(95),p(99.9),count'",
    repeat: true,
  },
  { flags: '--summary-time-unit <unit>', help: 's, ms or us' },
  { flags: '--no-setup', help: 'do not run setup()' },
  { flags: '--no-teardown', help: 'do not run teardown()' },
  { flags: '--no-thresholds', help: 'do not judge thresholds' },
  {
    flags: '--strict',
    help: 'refuse a plan that cannot work, instead of warning of it (k6 has no such check)',
  },
  {
    flags: '--fail-on-script-error',
    help: 'exit code 107 when the script threw in an iteration (k6 ends with 0)',
  },
  {
    flags: '--i-have-authorization',
    help: "the target's owner has approved this load (also target.authorized)",
  },
  { flags: '--rps <n>', help: 'at most this many requests a second, over all VUs' },
  {
    flags: '--max-redirects <n>',
    help: 'redirects followed for one request',
  },
  { flags: '--user-agent <text>', help: 'User-Agent of requests' },
  { flags: '--batch <n>', help: 'requests of one http.batch() at a time' },
  { flags: '--batch-per-host <n>', help: 'the same for one host' },
  {
    flags: '--http-debug [mode]',
    help: 'log requests and responses; --http-debug=full with bodies',
  },
  {
    flags: '--http-debug-failed',
    help: 'only failed requests, with bodies; with --http-debug=headers without',
  },
  {
    flags: '--insecure-skip-tls-verify',
    help: 'accept any server certificate',
  },
  {
    flags: '--no-connection-reuse',
    help: 'a new connection for each request',
  },
  {
    flags: '--no-vu-connection-reuse',
    help: 'new connections for each iteration',
  },
  {
    flags: '--min-iteration-duration <time>',
    help: 'shorter iterations are followed by a pause',
  },
  {
    flags: '--execution-segment <part>',
    help: "the part of the test to run here, for example '0:1/4'",
  },
  {
    flags: '--execution-segment-sequence <points>',
    help: "how the whole is cut, for example '0,1/4,1/2,1'",
  },
  {
    flags: '--discard-response-bodies',
    help: 'do not keep bodies unless a request asks for it',
  },
  {
    flags: '--local-ips <addresses>',
    help: 'addresses, ranges or CIDRs to connect from',
  },
  { flags: '--dns <rules>', help: "how names are looked up: 'ttl=5m,select=random,policy=any'" },
  { flags: '--blacklist-ip <network>', help: 'send nothing there', repeat: true },
  { flags: '--block-hostnames <patterns>', help: 'send nothing there either', repeat: true },
  { flags: '-t, --type <type>', help: 'js or archive (default: by the name)' },
  { flags: '--compatibility-mode <mode>', help: "k6's: extended is the only one vurun has" },
  { flags: '--no-usage-report', help: 'as always: vurun reports to nobody' },
  { flags: '-l, --linger', help: 'wait for Ctrl-C after the summary' },
  {
    flags: '--system-tags <names>',
    help: 'tags vurun sets on samples',
    repeat: true,
  },
  { flags: '--vu-memory-limit <size>', help: "memory one VU may take, for example '64MB'" },
  { flags: '--vu-stack-limit <size>', help: "stack of a VU, for example '128KB'" },
  { flags: '--vu-turn-timeout <time>', help: 'longest a VU may compute without a pause' },
  { flags: '-w, --throw', help: 'a failed request throws in the script' },
  { flags: '--include-system-env-vars', help: '__ENV holds the environment of vurun (default)' },
  { flags: '--no-include-system-env-vars', help: '__ENV holds only what --env gives' },
];

/** What k6 has and vurun does not have yet: said in a line instead of being taken for a typo. */
export const laterFlags: readonly string[] = [
  '-a',
  '--address',
  '-p',
  '--paused',
  '--features',
  '--new-machine-readable-summary',
  '--profiling-enabled',
  '--traces-output',
];
export const laterCommands: readonly string[] = [
  'cloud',
  'completion',
  'deps',
  'features',
  'login',
  'pause',
  'resume',
  'scale',
  'stats',
  'status',
  'x',
];
