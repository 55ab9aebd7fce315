import { type Decision, jsonAnswer, rateAnswer, rateHeaders, retryHeaders } from './answer.ts';
import type { Platform } from './platform.ts';

interface TokenRequest {
  corr: string;
  /** The Authorization header. */
  authorization: string;
  /** The Content-Type header. */
  contentType: string;
  body: string;
  address: string;
}

/** Answers `POST /oauth/token`: client credentials only; any client id with a secret is a client. */
export function issueToken(platform: Platform, request: TokenRequest): Decision {
  const { token, scale } = platform.knobs;
  const { corr } = request;
  const client = clientOf(request.authorization);
  if (client === undefined) {
    const challenge = { 'WWW-Authenticate': 'Basic realm="sim"' };
    const answer = jsonAnswer(401, { error: 'invalid_client' }, challenge);
    return { decision: 'bad-credentials', answer };
  }
  const isForm = request.contentType.startsWith('application/x-www-form-urlencoded');
  if (!isForm || new URLSearchParams(request.body).get('grant_type') !== 'client_credentials') {
    const hint = 'Send grant_type=client_credentials as a form.';
    const answer = jsonAnswer(400, { error: 'invalid_request', error_description: hint });
    return { decision: 'bad-request', answer };
  }
  const now = platform.wallMs;
  const key = token.scope === 'client' ? client : request.address;
  const verdict = platform.gates.token(key, now);
  const headers = verdict ? rateHeaders(verdict) : {};
  if (verdict && !verdict.allowed) {
    const retry = retryHeaders(verdict.resetMs, 'delta', scale);
    const answer = rateAnswer(corr, verdict.resetMs, { ...headers, ...retry });
    return { decision: 'token-limit', answer };
  }
  // A token lives for as long as it says, in whole seconds, however small the scale.
  const expiresIn = Math.max(1, Math.floor(token.expiresIn * scale));
  const value = platform.uuid('token');
  platform.tokens.add(value, { client, expiresAt: now + expiresIn * 1000 }, token.maxLive, now);
  const grant = { access_token: value, token_type: 'bearer', expires_in: expiresIn };
  const answer = jsonAnswer(200, grant, { ...headers, 'Cache-Control': 'no-store' });
  return { decision: 'accept', answer };
}

function clientOf(authorization: string): string | undefined {
  const encoded = /^Basic\s+([A-Za-z0-9+/=]+)\s*$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const [, client, secret] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return client && secret ? client : undefined;
}
