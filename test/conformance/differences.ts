/**
 * Every known difference of vurun from k6, each with its reason. A difference that is not here fails the
 * suite, and so does a line that explains nothing any more.
 */
export interface Difference {
  /** The case, `chapter/script`, or `*` for all. */
  script: string;
  reason: string;
  /** The lines of `judge.ts` it explains; with … at its end, how such a line begins. */
  lines: readonly (string | RegExp)[];
  /** Shows only beside a k6 binary. */
  onlyWithK6?: true;
}

function row(script: string, reason: string, ...lines: (string | RegExp)[]): Difference {
  return { script, reason, lines };
}

const ownWords =
  'the same refusal in words of its own, with the place in the script and what to do';
const allProblems =
  'vurun tells all problems of the options at once, in one list, where k6 stops at the first';
const problems = '+ log error: There were problems with the specified script configuration:…';
const noBytes =
  'k6 emits data_sent and data_received of 0 for iterations without traffic; vurun has nothing to tell then';
const better = 'k6 hides this from its users; here vurun is better on purpose';

export const differences: readonly Difference[] = [
  {
    script: '*',
    reason: 'an exception in an iteration counts: vurun has a metric for it, k6 only logs',
    lines: [/^\+ series iterations_failed\{/],
    onlyWithK6: true,
  },

  row('*', 'after an error vurun says in a line of its own what to do', /^\+ log text: {3}/),

  {
    script: '*',
    reason: 'vurun has metrics of itself besides',
    lines: [/^\+ series vurun_/],
    onlyWithK6: true,
  },

  // What vurun says in its own words.
  row('*', 'after an error vurun says in a line of its own what to do', /^\+ log text: {3}/),
  row(
    'cli/missing-script',
    ownWords,
    '- log error: The moduleSpecifier "missing.js" couldn\'t be found on local disk.',
    "+ log error: cannot find the script 'missing.js'…",
  ),
  row(
    'cli/no-script',
    ownWords,
    '- log error: accepts 1 arg(s), received 0',
    '+ log error: name the script to run…',
  ),
  row(
    'cli/unknown-flag',
    ownWords,
    '- log error: unknown flag: --nope',
    "+ log error: unknown option '--nope'…",
  ),
  row(
    'executors/missing-exec',
    ownWords,
    "- log error: executor a: function 'zed' not found in exports",
    problems,
  ),
  row(
    'http/expected-statuses-errors',
    ownWords,
    '- says unsupported responseCallback',
    '+ says unsupported responseCallback; use http.expectedStatuses(...) or null',
  ),
  row(
    'http/refused',
    'the log says the k6 text of the `error` tag, not that of the Go call',
    /^- log warning: Request Failed .* dial tcp/,
    '+ log warning: Request Failed Get "http://127.0.0.1:1/": dial: connection refused',
  ),
  row(
    'language/bare-module',
    'npm packages can be imported, so a bare name that is none is a missing package',
    '- log error: The moduleSpecifier "lodash-of-nobody"…',
    /^\+ log error: .*cannot find the package 'lodash-of-nobody'/,
  ),
  row(
    'language/http-import',
    'modules may come from http:// too: their hash is locked',
    '- log error: only supported schemes for imports are file and https',
    /^\+ log error: .*cannot be fetched/,
  ),
  row(
    'language/missing-module',
    ownWords,
    '- log error: The moduleSpecifier "./nope.js"…',
    /^\+ log error: .*cannot find '\.\/nope\.js'/,
  ),
  row(
    'language/unknown-module',
    ownWords,
    '- log error: unknown modules ["k6/foo"]…',
    /^\+ log error: .*'k6\/foo' is no module of k6's/,
  ),
  row(
    'language/open',
    ownWords,
    '- says stat DIR/nope.txt: no such file or directory',
    "+ says open(): there is no file './nope.txt' (looked in DIR)",
    /^- says .*only available in the init stage/,
    /^\+ says .*only available in the init context/,
  ),
  row(
    'lifecycle/handle-summary-bad-value',
    ownWords,
    '- log error: failed to handle the end-of-test summary',
    "+ log error: handleSummary(): TypeError: handleSummary() returned number for 'stdout'…",
  ),
  row(
    'lifecycle/interrupted',
    'vurun is called vurun',
    "- log error: test run was aborted because k6 received a 'interrupt' signal",
    "+ log error: test run was aborted because vurun received a 'interrupt' signal",
  ),
  row(
    'lifecycle/setup-function',
    ownWords,
    '- log error: error marshaling setup() data to JSON',
    "+ log error: setup(): TypeError: setup() returned a function at 'f'…",
  ),
  row(
    'lifecycle/setup-timeout',
    'k6 rounds to whole seconds and says 0',
    '- log error: setup() execution timed out after 0 seconds',
    '+ log error: setup() execution timed out after 200ms',
  ),
  row(
    'lifecycle/teardown-timeout',
    'k6 rounds to whole seconds and says 0',
    '- log error: teardown() execution timed out after 0 seconds',
    '+ log error: teardown() execution timed out after 200ms',
  ),
  row(
    'lifecycle/syntax-error',
    ownWords,
    '- log error: Unexpected token ;',
    /^\+ log error: .*Unexpected ";"/,
  ),
  row('options/bad-duration', allProblems, '- log error: time: invalid duration "abc"', problems),
  row(
    'options/bad-number',
    allProblems,
    '- log error: strconv.ParseInt: parsing "x": invalid syntax',
    problems,
  ),
  row(
    'options/externally-controlled',
    allProblems,
    "- log error: unknown executor type 'externally-controlled'",
    problems,
  ),
  row(
    'options/no-executor',
    allProblems,
    "- log error: scenario 'a' doesn't have a specified executor type",
    problems,
  ),
  row(
    'options/unknown-executor',
    allProblems,
    "- log error: unknown executor type 'nope'",
    problems,
  ),
  row('options/unknown-field', allProblems, '- log error: json: unknown field "foo"', problems),
  row(
    'ws/refused',
    'the text of Node, which names the same cause, and not that of the Go call',
    '- says 0 dial tcp 127.0.0.1:1: connect: connection refused',
    '+ says 0 connection refused (ECONNREFUSED 127.0.0.1:1)',
    '- log warning: dial tcp 127.0.0.1:1: connect: connection refused',
    '+ log warning: Attempt to establish a WebSocket connection failed…',
  ),
  row(
    'ws/websocket-refused',
    'vurun adds why the handshake was bad',
    '- says error websocket: bad handshake',
    '+ says error websocket: bad handshake (upgrade refused: 403 Forbidden)',
  ),

  row(
    'options/scenario-problems',
    ownWords,
    '- file log.txt has scenario c has configuration errors: ',
    "- file log.txt has the iteration rate isn't specified",
    "- file log.txt has the number of preAllocatedVUs isn't specified",
    '- file log.txt has scenario d has configuration errors: at least one stage has to be specified',
    "- file log.txt has executor a: function 'zed' not found in exports",
  ),
  row(
    'language/mixed-modules',
    'the bundler warns of it besides',
    '+ log warning: mixed-modules.js:6:1: The CommonJS "module" variable…',
  ),

  // Where vurun does something else on purpose.
  row(
    'language/missing-name',
    better,
    '- exit 0',
    '+ exit 107',
    '- says true',
    /^\+ log error: .*'k6' does not export 'nosuch'/,
  ),
  row('lifecycle/never-settles', better, '+ log warning: the promise of default() never settled…'),
  row(
    'language/locked-require',
    'what require() names in a function is bundled, so it is there',
    /^- says .*only available in the init stage/,
  ),
  row(
    'http/default-headers',
    'vurun says its own name, and that it keeps the connection',
    '- says content-length,host,user-agent 3',
    '- says Grafana k6/2.2.0',
    '+ says connection,content-length,host,user-agent 3',
    /^\+ says vurun\//,
  ),
  row(
    'k6/random-seed',
    'randomSeed() repeats the same numbers, but not those of Go: its generator is not ported',
    '- says 0.6046602879796196',
    /^\+ says 0\.\d+$/,
  ),
  row(
    'lifecycle/handle-summary',
    noBytes,
    '- says avg,min,med,max,p(90),p(95) time data',
    '+ says avg,min,med,max,p(90),p(95) time undefined',
  ),
  row('metrics/built-in', noBytes, '- tags of data_received group= scenario=default'),
  row(
    'modules/unhandled-rejection',
    'a rejected promise that nobody awaits is not noticed: the engine has no tracker',
    '+ says timer 0',
    '- log error: Uncaught (in promise) Error: nobody',
    '- log warning: setTimeout 1 was stopped because the VU iteration was interrupted',
  ),

  // Not there yet.
  row(
    'modules/md4',
    "Node's OpenSSL has md4 in its legacy provider only, and vurun says so",
    /^- says a448/,
    /^\+ log error: \w+: md4 is not there/,
  ),
  row(
    'http/ocsp',
    'vurun does not ask for stapled certificate states',
    /^- says next_update/,
    /^\+ log error: TypeError: Cannot convert/,
  ),
  row(
    'language/grpc',
    'gRPC is not there yet, and says so',
    '- exit 0',
    '+ exit 107',
    '- says function 0',
    /^\+ log error: .*does not have this module of k6 yet/,
  ),
  row(
    'language/browser',
    'the browser is not there yet, and says so',
    '- exit 0',
    '+ exit 107',
    '- says object',
    /^\+ log error: .*does not have this module of k6 yet/,
  ),
  row(
    'execution/vu-metadata',
    'metadata of samples is not there yet, and says so',
    '+ log error: Error: metadata is not supported yet…',
    '- tags of cc group= metadata.trace=abc scenario=default',
  ),
  row(
    'http/system-tags',
    'the system tags vu and iter belong to metadata, which is not there yet',
    /^[-+] tags of http_reqs /,
  ),
  row(
    'http/digest-auth',
    'digest authentication is not there yet, and says so',
    /^- request GET \/digest/,
    '- says 200 open',
    "+ log error: Error: auth 'digest' is not supported yet…",
    /^[-+] samples http_req/,
  ),
  row(
    'language/globals',
    'globals exist where the script names them, not for a name put together at run time; import.meta.resolve is not there yet',
    '- says function,function,function,function,function,function,function,function',
    '+ says function,function,function,function,undefined,undefined,function,undefined',
    /^- says .*x/,
    '+ log warning: globals.js:5:72: "import.meta" is not available…',
    '+ log error: TypeError: not a function…',
  ),
  row(
    'modules/html-typed-elements',
    'elements have the methods of Element; those of links, forms and fields are not there yet',
    /^- says /,
    '+ log error: TypeError: not a function…',
  ),
  row(
    'modules/timer-throws',
    'timers that are stopped with their iteration are not told one by one',
    '- log warning: setTimeout 1 was stopped because the VU iteration was interrupted',
  ),
  row(
    'results/machine-readable',
    'the new machine-readable summary is not there yet, and says so',
    '- exit 0',
    '+ exit 255',
    '+ log error: --new-machine-readable-summary is not supported by vurun yet',
    '- file summary.json',
  ),
  row(
    'results/summary-full',
    'the full summary has the checks of each group, but no sections of groups and scenarios yet',
    '- stdout has   █ GROUP: front',
    '- stdout has     ↳ GROUP: nested',
    '- stdout has   █ SCENARIO: mine',
  ),
];
