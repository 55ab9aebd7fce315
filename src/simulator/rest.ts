import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { type Decision, errorAnswer, rateAnswer, rateHeaders, retryHeaders } from './answer.ts';
import { readBody } from './body.ts';
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
  const corr = platform.uuid('correlation');
  const greetingMs = platform.greetingMs(request.socket);
  response.once('close', () => {
    if (!response.writableEnded) platform.tally.request(method, template, 'aborted');
  });

  const body = await readBody(request);
  if (body === 'aborted') return;
  const isToken = path === tokenPath && method === 'POST';
  const head = { corr, method, path, template, found };
  const { decision, answer } = decide(platform, request, head, body);
  platform.decide(isToken ? 'token' : 'rest', decision, corr, attemptOf(request));
  if (decision === 'rest-limit') platform.countRejection();

  const { token, reveal } = platform.knobs;
  const isServed = decision === 'accept';
  const latencyMs = isToken ? token.latencyMs : isServed ? platform.latencyMs('rest') : 0;
  platform.later(greetingMs + latencyMs, () => {
    if (response.destroyed) return;
    platform.tally.request(method, template, answer.status);
    response.writeHead(answer.status, {
      ...answer.headers,
      'ININ-Correlation-Id': corr,
      'Server-Timing': `app;dur=${(performance.now() - startedAt).toFixed(3)}`,
      ...(answer.status === 204 ? {} : { 'Content-Length': Buffer.byteLength(answer.body) }),
      ...(reveal ? { 'X-Sim-Decision': decision } : {}),
    });
    response.end(answer.body);
  });
}

function decide(
  platform: Platform,
  request: IncomingMessage,
  { corr, method, path, template, found }: Head,
  body: { text: string } | 'too-large',
): Decision {
  const refuse = (
    decision: string,
    status: number,
    code: string,
    message: string,
    headers?: Record<string, string>,
  ): Decision => ({ decision, answer: errorAnswer(status, code, message, corr, headers) });

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
  const token = bearerOf(request);
  if (token === undefined || !platform.tokens.isLive(token, platform.wallMs)) {
    return refuse('unauthorized', 401, 'bad.credentials', 'Invalid login credentials.');
  }
  const { rest, scale } = platform.knobs;
  const verdict = platform.limiters.rest?.take(
    rest?.scope === 'ip' ? address : token,
    platform.wallMs,
  );
  const rate = rest?.headers && verdict ? rateHeaders(verdict) : {};
  if (rest && verdict && !verdict.allowed) {
    const retry = retryHeaders(verdict.resetMs, rest.retryAfter, scale);
    return {
      decision: 'rest-limit',
      answer: rateAnswer(corr, verdict.resetMs, { ...rate, ...retry }),
    };
  }
  const answer = handler({ platform, corr, id: found.id, body: body.text });
  return { decision: 'accept', answer: { ...answer, headers: { ...answer.headers, ...rate } } };
}
