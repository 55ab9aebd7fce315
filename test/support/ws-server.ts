/** A WebSocket server for tests, whose paths are what peers do. It keeps what it saw. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

export interface WsServer {
  /** ws://host:port */
  url: string;
  /** Codes of the close frames that came, 1006 for none. */
  closes: readonly number[];
  /** Messages that came, texts as they are and bytes as lists. */
  messages: readonly (string | number[])[];
  close(): void;
}

export async function wsServer(): Promise<WsServer> {
  const closes: number[] = [];
  const messages: (string | number[])[] = [];
  const http = createServer();
  const wss = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  wss.on('headers', (headers, request) => {
    if (request.url !== '/cookies') return;
    headers.push('Set-Cookie: a=1; Path=/', 'Set-Cookie: b=2; Path=/; Max-Age=60');
  });
  http.on('upgrade', (request, socket, head) => {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    socket.on('error', () => undefined);
    if (pathname === '/429') {
      socket.end(
        'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nX-Two: a\r\nX-Two: b\r\nContent-Length: 4\r\n\r\nbusy',
      );
      return;
    }
    if (pathname === '/502') {
      socket.end('HTTP/1.1 502 Bad Gateway\r\nServer: edge\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    if (pathname === '/reset') {
      (socket as unknown as { resetAndDestroy(): void }).resetAndDestroy();
      return;
    }
    if (pathname === '/refused-cookie') {
      socket.end('HTTP/1.1 403 Forbidden\r\nSet-Cookie: refused=1\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    wss.handleUpgrade(request, socket, head, (peer) => {
      peer.on('close', (code) => closes.push(code));
      peer.on('error', () => undefined);
      if (pathname === '/hello') peer.send('hello');
      if (pathname === '/headers') peer.send(JSON.stringify(request.headers));
      if (pathname === '/cut') socket.end();
      if (pathname === '/bye') peer.close(4001, 'bye');
      if (pathname === '/normal') peer.close(1000);
      if (pathname === '/burst') for (let n = 0; n < 20; n++) peer.send(String(n));
      if (pathname === '/ping') peer.ping();
      peer.on('message', (data, isBinary) => {
        messages.push(isBinary ? [...(data as Buffer)] : data.toString());
        peer.send(data, { binary: isBinary });
      });
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    closes,
    messages,
    close: () => {
      http.closeAllConnections();
      http.close();
      for (const client of wss.clients) client.terminate();
    },
  };
}
