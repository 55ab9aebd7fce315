/** `k6/websockets`: the class of `vurun/websocket` with k6's arguments and defaults. */
import { Op, WsDialect } from '../contract/ops.ts';
import type { Tags } from '../globals/arguments.ts';
import { life, op } from '../host.ts';
import {
  type ListenOptions,
  WebSocket as OwnWebSocket,
  type WebSocketEventType,
  type WebSocketListener,
  type WebSocketParams,
} from '../modules/websocket.ts';
import { goError } from './go-error.ts';
import { type Jar, UpgradeCookies } from './upgrade-cookies.ts';

export { Blob } from '../globals/blob.ts';

export interface Params {
  /** Sent with the upgrade. */
  headers?: Record<string, string>;
  /** Added to every sample of the connection. */
  tags?: Tags;
  /** Whose cookies go with the upgrade. Default: the jar of this VU. */
  jar?: Jar | null;
  /** 'deflate' offers permessage-deflate. */
  compression?: string;
}

const paramNames = ['headers', 'tags', 'jar', 'compression'];
const eventTypes = ['open', 'message', 'error', 'close', 'ping', 'pong'];

function ownParams(cookies: UpgradeCookies, params: Params | null | undefined): WebSocketParams {
  if (life.phase === 'init') {
    throw goError('WebSocket connections in the init context are not supported');
  }
  for (const key of Object.keys(params ?? {})) {
    if (!paramNames.includes(key)) throw goError(`unknown WebSocket's option ${key}`);
  }
  const { headers, tags, compression } = params ?? {};
  return {
    headers: { ...cookies.header(), ...headers },
    ...(tags !== undefined && { tags }),
    ...(compression !== undefined && { compression: compression as '' }),
  };
}

/** A connection, opened by `new`. An open one keeps the iteration alive. */
export class WebSocket extends OwnWebSocket {
  protected static override readonly dialect: number = WsDialect.events;
  readonly #cookies: UpgradeCookies;

  constructor(
    url: string | { toString(): string },
    protocols?: string | string[] | null,
    params?: Params | null,
  ) {
    const cookies = new UpgradeCookies(String(url), params?.jar);
    super(url, protocols ?? [], ownParams(cookies, params));
    this.#cookies = cookies;
    this.binaryType = 'blob';
  }

  protected override keepCookies(headers: readonly string[]): void {
    this.#cookies.take(headers);
  }

  /** Starts the closing handshake, with code 1000 if none is given. */
  override close(code?: number, reason?: string): void {
    super.close(code ?? 1000, reason);
  }

  override addEventListener(
    type: WebSocketEventType,
    listener: WebSocketListener,
    options?: ListenOptions,
  ): void {
    if (eventTypes.includes(type)) {
      super.addEventListener(type, listener, options);
      return;
    }
    op(Op.warn, `can't add event handler: unknown event type: ${String(type)}`);
  }
}

const websockets: { WebSocket: typeof WebSocket } = { WebSocket };
export default websockets;
