import { limits } from '../../limits.ts';
import type { ProtocolHost } from '../contract.ts';
import type { Exchange, Message } from './exchange.ts';
import { statusLine } from './samples.ts';

/** The option httpDebug: what was sent, as one log line. */
export function logRequest(host: ProtocolHost, message: Message, token: string | undefined): void {
  const { method, target, headers, body } = message;
  let text = `Request:\n${method} ${target.path} HTTP/1.1\r\n`;
  let hostNamed = false;
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === 'host') hostNamed = true;
  }
  if (!hostNamed) text += `Host: ${target.url.host}\r\n`;
  for (let index = 0; index < headers.length; index += 2) {
    text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  }
  if (body !== undefined) text += `Content-Length: ${body.length}\r\n`;
  const dump = text + dumpedBody(host, body);
  // A token we put there is none of the script's own headers, and no log's business.
  const shown = token === undefined ? dump : dump.replaceAll(token, '***SECRET_REDACTED***');
  host.log('info', shown, { source: 'http-debug' });
}

/** The option httpDebug: what was answered. */
export function logResponse(host: ProtocolHost, exchange: Exchange, body: Uint8Array): void {
  const { failure } = exchange;
  if (failure !== undefined) {
    // Otherwise the warning about the failed request follows at once.
    if (host.settings.httpDebugFailed) {
      host.log('info', `No response: ${failure.detail}`, { source: 'http-debug' });
    }
    return;
  }
  let text = `Response:\nHTTP/1.1 ${statusLine(exchange)}\r\n`;
  const { rawHeaders } = exchange;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    text += `${rawHeaders[index]?.toString('latin1')}: ${rawHeaders[index + 1]?.toString('latin1')}\r\n`;
  }
  host.log('info', text + dumpedBody(host, body), { source: 'http-debug' });
}

/** Of failed requests the bodies are what people look for. */
export function showsBodies({ httpDebug, httpDebugFailed }: ProtocolHost['settings']): boolean {
  return httpDebug === 'full' || (httpDebug === '' && httpDebugFailed);
}

function dumpedBody(host: ProtocolHost, body: Uint8Array | undefined): string {
  if (!showsBodies(host.settings) || body === undefined) return '\r\n';
  return `\r\n${Buffer.from(body.subarray(0, limits.httpDebugBodyBytes)).toString('utf8')}`;
}
