import type { EventEmitter } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import { limits } from '../../limits.ts';
import type { ProtocolHost } from '../contract.ts';
import type { Dialer } from './dialer.ts';
import type { Target } from './target.ts';

/** The other end of a socket; asked for once, when it opens. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  /** k6's name, such as `tls1.3`; empty without TLS. */
  readonly tlsVersion: string;
  readonly tlsCipher: string;
}
export const noPeer: Peer = { address: '', port: 0, tlsVersion: '', tlsCipher: '' };

function peerOf(socket: Socket): Peer {
  const version = socket instanceof TLSSocket ? (socket.getProtocol() ?? '') : '';
  return {
    address: socket.remoteAddress ?? '',
    port: socket.remotePort ?? 0,
    tlsVersion: version === 'TLSv1' ? 'tls1.0' : version.replace('TLSv', 'tls'),
    tlsCipher: socket instanceof TLSSocket ? socket.getCipher().standardName : '',
  };
}

/**
 * One socket to one origin: an undici client of its own, so that whoever sends a request knows the
 * socket it goes over and what it cost to open it.
 */
export class Connection {
  readonly origin: string;
  /** Times of the dial the current request waited for; zero when the socket was there. */
  connectingMs = 0;
  tlsMs = 0;
  /** Milliseconds the name took, when it was looked up. */
  dnsMs = 0;
  /** How far a dial has come. */
  dialPhase: 'dns' | 'connect' | 'tls' = 'connect';
  /** When it was last put aside, on the clock. */
  idleSince = 0;
  socket: Socket | undefined;
  peer: Peer = noPeer;
  idle = false;
  /** Requests that were answered over the present socket. */
  served = 0;
  readonly #host: ProtocolHost;
  readonly #client: Client;
  #ended = false;
  #countedIn = 0;
  #countedOut = 0;

  /** `gone` is called when the socket closes while no request uses it. */
  constructor(
    host: ProtocolHost,
    dialer: Dialer,
    target: Target,
    localAddress: string | undefined,
    gone: (connection: Connection) => void,
  ) {
    this.origin = target.origin;
    this.#host = host;
    this.#client = new Client(target.origin, {
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: limits.idleConnectionMs,
      keepAliveMaxTimeout: limits.idleConnectionMs,
      // A socket the server is about to close is not used any more.
      keepAliveTimeoutThreshold: 500,
      maxHeaderSize: limits.responseHeaderBytes,
      strictContentLength: false,
      connect: (_options, callback) => {
        this.dnsMs = 0;
        this.dialPhase = isIP(target.hostname) === 0 ? 'dns' : 'connect';
        this.socket = dialer.dial(target, localAddress, {
          reached: (phase, tookMs) => {
            if (phase === 'connect') this.dnsMs = tookMs;
            this.dialPhase = phase;
          },
          dialed: (socket, connectingMs, tlsMs) => {
            this.connectingMs = connectingMs;
            this.tlsMs = tlsMs;
            this.served = 0;
            this.peer = peerOf(socket);
            this.#countedIn = 0;
            this.#countedOut = 0;
            socket.once('close', () => {
              this.count();
              if (this.socket === socket) this.socket = undefined;
              if (this.idle) gone(this);
            });
            callback(null, socket);
          },
          failed: (error) => callback(error, null),
        });
      },
    });
    // undici reports what it cannot give to a request here; a request has heard of it already.
    (this.#client as EventEmitter).on('error', () => {});
  }

  send(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#client.dispatch(options, handler);
  }

  /** Adds the bytes since the last call to data_sent and data_received. */
  count(): void {
    const { socket } = this;
    if (socket === undefined) return;
    const received = socket.bytesRead;
    const sent = socket.bytesWritten;
    if (received > this.#countedIn || sent > this.#countedOut) {
      this.#host.countBytes(sent - this.#countedOut, received - this.#countedIn);
      this.#countedIn = received;
      this.#countedOut = sent;
    }
  }

  /** Closes the socket; a request under way ends with the error. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.idle = false;
    this.count();
    const { socket } = this;
    void this.#client.destroy(error ?? null);
    socket?.destroy();
  }
}
