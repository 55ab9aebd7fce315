import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import {
  type Decision,
  edgeAnswer,
  errorAnswer,
  isEdge,
  rateAnswer,
  rateHeaders,
  retryHeaders,
} from './answer.ts';
import { readBody } from './body.ts';
import type { Knobs } from './knobs.ts';
import { issueToken } from './oauth.ts';
import { attemptOf, bearerOf, type Platform } from './platform.ts';
import { findRoute } from './routes.ts';

const tokenPath = '/oauth/token';
const unknownPath = '(unknown)';

/** What is known of a request before its body is read. */
interface Head {
  corr: string;
  method: string;
  path: string;
  template: string;
  found: ReturnType<typeof findRoute>;
}

/** When the last answer on a connection was sent. */
const idleSince = new WeakMap<Socket, number>();

/** Answers one request of a client to the platform. */
export async function serveRest(
  platform: Platform,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startedAt = performance.now();
  const method = request.method ?? '';
  const path = (request.url ?? '').replace(/[?#].*$/s, '');
  const found = findRoute(path, platform.knobs.compat);
  const template = path === tokenPath ? path : (found?.route.template ?? unknownPath);
  const isToken = path === tokenPath && method === 'POST';
  const kind = isToken ? 'token' : 'rest';
  const corr = platform.uuid(`correlation-${kind}`);
  const { socket } = request;
  const greetingMs = platform.greetingMs(socket);
  let isCut = false;
  response.once('finish', () => idleSince.set(socket, performance.now()));
  response.once('close', () => {
    if (response.writableEnded) return;
    platform.tally.request(method, template, isCut ? 'none' : 'aborted');
  });
  const cut = (): void => {
    isCut = true;
    socket.resetAndDestroy();
  };

  const { keepAlive } = platform.knobs;
  const idleMs = performance.now() - (idleSince.get(socket) ?? startedAt);
  if (keepAlive.race && idleMs >= platform.scaled(keepAlive.timeoutMs)) {
    platform.decide(kind, 'keep-alive-race', corr, attemptOf(request));
    cut();
    return;
  }

  const body = await bodyInTime(platform, request);
  if (body === 'aborted') return;
  const head = { corr, method, path, template, found };
  const { decision, answer, holdMs = 0, isForRate } = decide(platform, request, head, body);
  platform.decide(kind, decision, corr, attemptOf(request));
  if (isForRate) platform.countRejection();

  const { token, reveal } = platform.knobs;
  const isServed = decision === 'accept';
  const latencyMs = isToken ? token.latencyMs : isServed ? platform.latencyMs('rest') : 0;
  platform.later(greetingMs + latencyMs + holdMs, () => {
    if (response.destroyed) return;
    if (answer === 'cut') {
      cut();
      return;
    }
    platform.tally.request(method, template, answer.status);
    const own = {
      'ININ-Correlation-Id': corr,
      'Server-Timing': `app;dur=${(performance.now() - startedAt).toFixed(3)}`,
      ...(reveal ? { 'X-Sim-Decision': decision } : {}),
    };
    response.writeHead(answer.status, {
      ...(response.shouldKeepAlive ? keptFor(platform) : {}),
      ...answer.headers,
      ...(isEdge(answer) ? {} : own),
      ...(answer.status === 204 ? {} : { 'Content-Length': Buffer.byteLength(answer.body) }),
    });
    response.end(answer.body);
    // What is still on its way is nothing anybody would answer.
    if (body === 'too-slow') response.once('finish', () => socket.destroySoon());
  });
}

/** Node would announce its own timeout, which is none of ours with `keepAlive.race`. */
function keptFor({ knobs: { keepAlive, scale } }: Platform): Record<string, string> {
  const seconds = Math.floor((keepAlive.timeoutMs * scale) / 1000);
  return {
    Connection: 'keep-alive',
    ...(keepAlive.hint ? { 'Keep-Alive': `timeout=${seconds}` } : {}),
  };
}

/** The body, or `too-slow` when it is not all there in time. */
async function bodyInTime(
  platform: Platform,
  request: IncomingMessage,
): Promise<Awaited<ReturnType<typeof readBody>> | 'too-slow'> {
  const { requestTimeoutMs } = platform.knobs;
  const body = readBody(request);
  if (requestTimeoutMs === null) return body;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'too-slow'>((resolve) => {
    timer = setTimeout(() => resolve('too-slow'), platform.scaled(requestTimeoutMs));
  });
  const first = await Promise.race([body, late]);
  clearTimeout(timer);
  return first;
}

function decide(
  platform: Platform,
  request: IncomingMessage,
  { corr, method, path, template, found }: Head,
  body: { text: string } | 'too-large' | 'too-slow',
): Decision {
  const refuse = (
    decision: string,
    status: number,
    code: string,
    message: string,
    headers?: Record<string, string>,
  ): Decision => ({ decision, answer: errorAnswer(status, code, message, corr, headers) });

  if (body === 'too-slow') {
    const message =
      'The client did not produce a request within the server timeout limit. This can be caused by a slow network connection and/or large payloads.';
    const headers = { Connection: 'close' };
    return refuse('request-timeout', 408, 'client.request.timeout', message, headers);
  }
  if (body === 'too-large') {
    return refuse('too-large', 413, 'request.entity.too.large', 'The body is too large.');
  }
  const address = request.socket.remoteAddress ?? '';
  if (path === tokenPath && method === 'POST') {
    return issueToken(platform, {
      corr,
      authorization: request.headers.authorization ?? '',
      contentType: request.headers['content-type'] ?? '',
      body: body.text,
      address,
    });
  }
  if (template === unknownPath) {
    return refuse('not-found', 404, 'not.found', `This platform has nothing at ${path}.`);
  }
  const methods = found?.route.methods ?? {};
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (!found || !handler) {
    const allow = found ? Object.keys(methods).join(', ') : 'POST';
    const message = `${method} is not possible here; ${allow} is.`;
    return refuse('method', 405, 'method.not.allowed', message, { Allow: allow });
  }
  const denial = platform.denial('rest');
  if (denial !== undefined) {
    return refuse('denied', denial, 'bad.credentials', 'Invalid login credentials.');
  }
  const token = bearerOf(request) ?? '';
  const now = platform.wallMs;
  const client = platform.tokens.clientOf(token, now);
  if (client === undefined) {
    return refuse('unauthorized', 401, 'bad.credentials', 'Invalid login credentials.');
  }
  const { restFault, scale } = platform.knobs;
  const caller = { token, client, address };
  const { shown, reached } = platform.gates.rest(`${method} ${template}`, caller, now);
  if (reached) {
    const headers = {
      ...(reached.shown ? rateHeaders(reached.shown) : {}),
      ...retryHeaders(reached.resetMs, reached.retryAfter, scale),
    };
    const answer = rateAnswer(corr, reached.resetMs, headers);
    return { decision: reached.decision, answer, isForRate: true };
  }
  if (restFault !== null && platform.isNextFaulty()) return fault(restFault, corr, scale);
  const host = request.headers.host ?? '';
  const answer = handler({ platform, corr, id: found.id, body: body.text, client, host });
  const rate = shown ? rateHeaders(shown) : {};
  return { decision: 'accept', answer: { ...answer, headers: { ...answer.headers, ...rate } } };
}

/** What became of a call that went wrong on the way. */
function fault(
  { how, afterMs, retryAfter }: NonNullable<Knobs['restFault']>,
  corr: string,
  scale: number,
): Decision {
  const headers =
    retryAfter === null ? {} : retryHeaders(retryAfter * 1000 * scale, 'delta', scale);
  const answer = {
    destroy: () => 'cut' as const,
    '502html': () => edgeAnswer(502, corr),
    '503': () => {
      const message = 'The service is down for maintenance.';
      return errorAnswer(503, 'service.unavailable', message, corr, headers);
    },
    '504': () => errorAnswer(504, 'request.timeout', 'The request timed out.', corr, headers),
    '408': () => {
      const message = 'The request timed out before the server could respond.';
      return errorAnswer(408, 'requestTimedOut', message, corr, headers);
    },
  }[how]();
  return { decision: 'fault', answer, holdMs: afterMs };
}
