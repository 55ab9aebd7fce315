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
  crypto:
    "use 'vurun/crypto' (hash, hmac), or the global crypto (crypto.subtle, crypto.randomUUID())",
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

/** Modules of k6's that vurun has not, and what to use instead. */
const k6Modules: Record<string, string> = {
  'k6/browser': '',
  'k6/html': '',
  'k6/net/grpc': '',
};

/** Modules k6 has taken out, and where what they did is now. */
const removedK6Modules: Record<string, string> = {
  'k6/experimental/browser': "it is 'k6/browser' now, which vurun does not have yet",
  'k6/experimental/grpc': "it is 'k6/net/grpc' now, which vurun does not have yet",
  'k6/experimental/redis': 'it is an extension now, and vurun has no extensions',
  'k6/experimental/timers': "import 'k6/timers', or use the global setTimeout()",
  'k6/experimental/tracing': 'it is a library now, http-instrumentation-tempo of jslib.k6.io',
  'k6/experimental/webcrypto': 'use the global crypto',
};

/** Why a module of k6's is refused. */
export function refuseK6(specifier: string): string {
  const removed = removedK6Modules[specifier];
  if (removed !== undefined) return `'${specifier}': k6 has removed this module; ${removed}`;
  if (specifier.startsWith('k6/x/')) {
    return `'${specifier}' is an extension of k6's, written in Go, which vurun cannot load`;
  }
  const instead = k6Modules[specifier];
  if (instead === undefined) return `'${specifier}' is no module of k6's, nor of vurun's`;
  return `'${specifier}': vurun does not have this module of k6 yet${instead === '' ? '' : `; use ${instead}`}`;
}

/** What to say of a module that k6 has under another name now. */
export function renamedK6Module(specifier: string): string | undefined {
  return specifier === 'k6/experimental/websockets'
    ? `'${specifier}' is deprecated; it is 'k6/websockets' now`
    : undefined;
}
