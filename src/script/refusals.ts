/**
 * Imports a VU cannot have, and what to use instead. A VU is a sealed JavaScript room: there is no
 * Node in it, and code written against Node's modules would fail at a distance. So it fails here.
 */

const builtins: Record<string, string> = {
  assert: "use check() from 'vurun'",
  async_hooks: '',
  buffer: "use Uint8Array, TextEncoder and TextDecoder, or 'vurun/encoding'",
  child_process: '',
  cluster: '',
  console: 'use the global console',
  crypto: 'use the global crypto (crypto.randomUUID(), crypto.getRandomValues())',
  dgram: "use 'vurun/http' or 'vurun/websocket'; other protocols are not offered",
  dns: 'the options `dns` and `hosts` say where connections go',
  domain: '',
  events: 'use the global EventTarget',
  fs: 'use open() in the init context, or import a .json or text file',
  http: "use 'vurun/http'",
  http2: "use 'vurun/http'",
  https: "use 'vurun/http'",
  module: '',
  net: "use 'vurun/http' or 'vurun/websocket'; raw sockets are not offered",
  os: "use __ENV, or exec from 'vurun/execution'",
  path: 'join paths with a template string',
  perf_hooks: 'use the global performance',
  process: 'use __ENV for the environment',
  punycode: 'use the global URL',
  querystring: 'use the global URLSearchParams',
  readline: 'use open() in the init context and split the text',
  stream: '',
  string_decoder: 'use the global TextDecoder',
  timers: "use the global setTimeout(), or sleep() from 'vurun'",
  tls: "use 'vurun/http' or 'vurun/websocket' with the options tlsAuth and tlsCA",
  url: 'use the globals URL and URLSearchParams',
  util: 'use the globals TextEncoder, TextDecoder and structuredClone',
  v8: 'use the global structuredClone',
  vm: '',
  worker_threads: "use more VUs: the option `vus`, or a scenario's",
  zlib: "responses of 'vurun/http' arrive decompressed",
};

/** Why a built-in module of Node, named with or without `node:`, is not there. */
export function refuseBuiltin(specifier: string): string {
  const name = specifier.replace(/^node:/, '');
  const instead = builtins[name.split('/')[0] as string];
  return `'${specifier}' is a module of Node, and there is no Node inside a VU${instead ? `; ${instead}` : ''}`;
}

const clients: Record<string, string> = {
  axios: 'vurun/http',
  'cross-fetch': 'vurun/http',
  got: 'vurun/http',
  'isomorphic-fetch': 'vurun/http',
  'isomorphic-ws': 'vurun/websocket',
  'node-fetch': 'vurun/http',
  superagent: 'vurun/http',
  undici: 'vurun/http',
  ws: 'vurun/websocket',
};

/** Why a package that opens sockets by itself is refused, or undefined for any other package. */
export function refuseClient(specifier: string): string | undefined {
  const instead = clients[specifier];
  return instead && `'${specifier}' opens sockets by itself, which a VU cannot; use '${instead}'`;
}

const k6Modules: Record<string, string> = {
  k6: "'vurun' (check, group, sleep, fail)",
  'k6/http': "'vurun/http'",
  'k6/ws': "'vurun/websocket'",
  'k6/websockets': "'vurun/websocket'",
  'k6/experimental/websockets': "'vurun/websocket'",
  'k6/metrics': "'vurun/metrics'",
  'k6/data': "'vurun/data'",
  'k6/execution': "'vurun/execution'",
  'k6/timers': "'vurun/timers'",
  'k6/experimental/timers': "'vurun/timers'",
  'k6/encoding': "'vurun/encoding'",
  'k6/crypto': 'the global crypto',
  'k6/experimental/webcrypto': 'the global crypto',
  'k6/experimental/fs': 'open()',
  'k6/secrets': '__ENV',
};

/** Why `k6` and `k6/…` are refused. */
export function refuseK6(specifier: string): string {
  const instead = k6Modules[specifier];
  return (
    `'${specifier}': k6 scripts are not supported yet, a later release will run them; ` +
    (instead ? `use ${instead}` : 'vurun has nothing like this module yet')
  );
}
