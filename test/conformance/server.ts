/** The peer of a conformance script: its paths are what servers do, and it keeps what it saw. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
} from 'node:zlib';
import { WebSocketServer } from 'ws';

export interface Peer {
  /** Addresses as host:port. */
  http: string;
  https: string;
  /**
   * What came, in order: `GET /path`, then `{header: value}` for the headers that matter, then the body;
   * `WS /path` for a WebSocket, and `ws text hello`, `ws bytes 1,2`, `ws ping`, `ws close 1000 bye` for what it sent.
   */
  seen: readonly string[];
  /** Resolves when no WebSocket is open any more, so that all they sent has been seen. */
  quiet(): Promise<void>;
  close(): void;
}

/** Headers that say what a client decided, and not only who it is. */
const telling = [
  'authorization',
  'content-encoding',
  'content-type',
  'cookie',
  'referer',
  'x-test',
];

const page = `<!doctype html><html><head><title>Shop</title></head><body>
<p class="lead">Hello <b>you</b></p>
<ul><li data-price="1.5" data-on-sale="true">one</li><li>two</li><li class="last">three</li></ul>
<form action="/submitted" method="post"><input name="user" value="ada"><input type="checkbox" name="on" value="1" checked>
<select name="size"><option value="s">S</option><option value="m" selected>M</option></select>
<textarea name="note">hi</textarea><input type="submit" name="go" value="Go"></form>
<form id="search" action="/found"><input name="q" value="x"></form>
<a href="/linked?x=1" id="first">first</a><a href="/other">other</a>
</body></html>`;

type Recode = (data: Uint8Array) => Buffer;
const encoders: Record<string, Recode> = {
  gzip: (data) => gzipSync(data),
  deflate: (data) => deflateSync(data),
  br: (data) => brotliCompressSync(data),
};
const decoders: Record<string, Recode> = {
  gzip: (data) => gunzipSync(data),
  deflate: (data) => inflateSync(data),
  br: (data) => brotliDecompressSync(data),
};

function recoded(data: Buffer, names: readonly string[], how: Record<string, Recode>): Buffer {
  return names.reduce((so, name) => how[name]?.(so) ?? so, data);
}

type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  argument: string,
  query: URLSearchParams,
  body: string,
) => void;

/** What the first part of a path makes the server do; the second part is its argument. */
const answers: Record<string, Answer> = {
  status: (_request, response, code) => {
    response.writeHead(Number(code)).end(code === '204' || code === '304' ? undefined : 'status');
  },
  echo: (request, response, _argument, _query, body) => {
    response.setHeader('content-type', 'application/json');
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, headers, body }));
  },
  json: (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{"a":{"b":[1,{"c":"deep"},3]},"items":[{"n":1},{"n":2}],"x.y":true,"none":null}');
  },
  html: (_request, response) => response.setHeader('content-type', 'text/html').end(page),
  redirect: (_request, response, left, query) => {
    const status = Number(query.get('status') ?? 302);
    const to = Number(left) === 0 ? '/end' : `/redirect/${Number(left) - 1}?status=${status}`;
    response.writeHead(status, { location: to }).end('moved');
  },
  cookies: (_request, response, _argument, query) => {
    response.setHeader(
      'set-cookie',
      [...query].map(([name, value]) => `${name}=${value}`),
    );
    response.end('set');
  },
  cookie: (_request, response, name) => {
    response.setHeader('set-cookie', `${name}=1; Path=/; HttpOnly; Max-Age=60`).end('set');
  },
  headers: (_request, response) => {
    response.writeHead(200, [
      ['content-type', 'text/plain; charset=utf-8'],
      ['x-abc-def', 'one'],
      ['x-abc-def', 'two'],
    ] as unknown as string[]);
    response.end('ok');
  },
  delay: (_request, response, ms) => {
    setTimeout(() => response.end('late'), Number(ms));
  },
  partial: (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('begun');
  },
  coded: (_request, response, names) => {
    const list = names.split('+');
    response.setHeader('content-encoding', list.join(', '));
    response.end(recoded(Buffer.from('plain'), list, encoders));
  },
  'badly-coded': (_request, response) => {
    response.setHeader('content-encoding', 'gzip').end('no gzip');
  },
  bytes: (_request, response) => response.end(Buffer.from([0, 1, 254, 255])),
  hangup: (request) => void request.socket.destroy(),
  reset: (request) => void request.socket.resetAndDestroy(),
  digest: (request, response) => {
    const sent = request.headers.authorization ?? '';
    const field = (name: string): string =>
      new RegExp(`\\b${name}="?([^",]+)`).exec(sent)?.[1] ?? '';
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const key = md5('ada:vault:pw');
    const what = md5(`${request.method}:${request.url}`);
    const rest = field('qop') === '' ? '' : `${field('nc')}:${field('cnonce')}:${field('qop')}:`;
    if (sent.startsWith('Digest') && field('response') === md5(`${key}:n0nce:${rest}${what}`)) {
      response.end('open');
      return;
    }
    const ask = 'Digest realm="vault", nonce="n0nce", qop="auth", algorithm=MD5';
    response.writeHead(401, { 'www-authenticate': ask }).end('closed');
  },
};

function listener(seen: string[]) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const names = (request.headers['content-encoding'] ?? '').split(/, */).reverse();
      const bytes = recoded(Buffer.concat(parts), names, decoders);
      const body = bytes.toString();
      const { method = '', url = '' } = request;
      seen.push([`${method} ${url}`, ...tellingHeaders(request), ...shown(bytes)].join(' '));
      const { pathname, searchParams } = new URL(url, 'http://x');
      const [, name = '', argument = ''] = pathname.split('/');
      const answer = answers[name];
      if (answer === undefined) response.end('ok');
      else answer(request, response, argument, searchParams, body);
    });
  };
}

function tellingHeaders({ headers }: IncomingMessage): string[] {
  const pairs = telling
    .filter((name) => headers[name] !== undefined)
    // A digest has a nonce of the client's in it, and a boundary is drawn by lot.
    .map((name) =>
      `${name}: ${headers[name]}`
        .replace(/(: Digest) .*/, '$1')
        .replace(/boundary=.*/, 'boundary=…'),
    );
  return pairs.length === 0 ? [] : [`{${pairs.join(', ')}}`];
}

function shown(body: Buffer): string[] {
  if (body.length === 0) return [];
  const boundary = /^--(\S+)\r\n/.exec(body.toString())?.[1];
  if (boundary !== undefined) {
    return [body.toString().replaceAll(boundary, '…').replaceAll('\r\n', '⏎')];
  }
  return [Buffer.from(body.toString()).equals(body) ? body.toString() : `<${[...body].join()}>`];
}

/** What a WebSocket's path makes the peer do. */
function speak(path: string, peer: import('ws').WebSocket, socket: Socket): void {
  if (path === '/hello') peer.send('hello');
  if (path === '/bytes') peer.send(Buffer.from([1, 2, 3]));
  if (path === '/bye') peer.close(4001, 'bye');
  if (path === '/normal') peer.close(1000);
  if (path === '/cut') socket.destroy();
  if (path === '/ping') peer.ping('are you there');
}

function webSockets(server: HttpServer, seen: string[]): WebSocketServer {
  const wss = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head) => {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    socket.on('error', () => undefined);
    seen.push([`WS ${request.url}`, ...tellingHeaders(request)].join(' '));
    const refusal = /^\/refuse\/(\d+)/.exec(pathname)?.[1];
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} No\r\nX-Why: no\r\nContent-Length: 2\r\n\r\nno`);
      return;
    }
    wss.handleUpgrade(request, socket, head, (peer) => {
      peer.on('error', () => undefined);
      peer.on('ping', () => seen.push('ws ping'));
      peer.on('close', (code, reason) => {
        // Without a close frame nothing was seen; what a peer says to our own close is an answer.
        if (code !== 1006) seen.push(`ws close ${code} ${reason}`.trim());
      });
      peer.on('message', (data, isBinary) => {
        seen.push(isBinary ? `ws bytes ${[...(data as Buffer)].join()}` : `ws text ${data}`);
        if (pathname !== '/quiet') peer.send(data, { binary: isBinary });
      });
      speak(pathname, peer, socket);
    });
  });
  return wss;
}

/** Starts a peer with this certificate for https. */
export async function startPeer(tls: { key: string; cert: string }): Promise<Peer> {
  const seen: string[] = [];
  const plain = createServer({ keepAliveTimeout: 60_000 }, listener(seen));
  const secure = https.createServer(tls, listener(seen));
  const wss = webSockets(plain, seen);
  for (const server of [plain, secure]) {
    // Who does not speak HTTP is told so in plain text, as most servers do.
    server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const host = (server: HttpServer): string =>
    `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    http: host(plain),
    https: host(secure as unknown as HttpServer),
    seen,
    quiet: async () => {
      for (const client of wss.clients) {
        if (client.readyState !== client.CLOSED) await once(client, 'close');
      }
    },
    close: () => {
      for (const client of wss.clients) client.terminate();
      for (const server of [plain, secure]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}
