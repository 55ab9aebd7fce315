import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FakeVu, rawServer } from './support/http-vu.ts';

let dir = '';
const pem = (name: string): string => readFileSync(join(dir, name), 'utf8');
const openssl = (...args: string[]): void => {
  execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
};
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'vurun-tls-'));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const [name, alt] of [
    ['server', 'IP:127.0.0.1,DNS:good.example'],
    ['client', 'DNS:client'],
  ] as const) {
    openssl(
      ...['req', '-x509', ...key, '-keyout', `${name}.key`, '-out', `${name}.crt`, '-days', '2'],
      ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=${alt}`],
    );
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
const vuWith = (settings: ConstructorParameters<typeof FakeVu>[0]): FakeVu => {
  const vu = new FakeVu(settings);
  cleanups.push(() => vu.session.dispose());
  return vu;
};
async function serve(options: https.ServerOptions = {}): Promise<number> {
  const server = https.createServer(
    { key: pem('server.key'), cert: pem('server.crt'), ...options },
    (req, res) => res.end((req.socket as TLSSocket).getPeerCertificate()?.subject?.CN ?? 'nobody'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

describe('https', () => {
  it('refuses an unknown authority, unless it is given or checks are off', async () => {
    const url = `https://127.0.0.1:${await serve()}/`;
    const refused = await vuWith({}).get(url);
    expect(refused).toMatchObject({ errorCode: 1310, error: 'x509: unknown authority' });
    for (const settings of [{ tlsCA: [pem('server.crt')] }, { insecureSkipTLSVerify: true }]) {
      const vu = vuWith(settings);
      const answer = await vu.get(url);
      expect(answer.status).toBe(200);
      expect(vu.last('http_reqs').tags['tls_version']).toBe('tls1.3');
      expect(answer.details().tlsCipherSuite).toMatch(/^TLS_/);
      expect(vu.last('http_req_tls_handshaking').value).toBeGreaterThan(0);
      await vu.get(url);
      expect(vu.last('http_req_tls_handshaking').value).toBe(0);
    }
  });

  it('checks the name the script used, wherever hosts sends it', async () => {
    const port = await serve();
    const vu = vuWith({
      tlsCA: [pem('server.crt')],
      hosts: { 'good.example': '127.0.0.1', 'bad.example': '127.0.0.1' },
    });
    expect((await vu.get(`https://good.example:${port}/`)).status).toBe(200);
    expect(await vu.get(`https://bad.example:${port}/`)).toMatchObject({
      errorCode: 1311,
      error: "x509: certificate doesn't match hostname",
    });
  });

  it('shows the client certificate to its domains only', async () => {
    const port = await serve({ requestCert: true, rejectUnauthorized: false });
    const vu = vuWith({
      insecureSkipTLSVerify: true,
      hosts: { '*.good.example': '127.0.0.1' },
      tlsAuth: [{ cert: pem('client.crt'), key: pem('client.key'), domains: ['*.good.example'] }],
    });
    expect((await vu.get(`https://a.good.example:${port}/`)).text()).toBe('client');
    expect((await vu.get(`https://127.0.0.1:${port}/`)).text()).toBe('nobody');
    expect(() => new FakeVu({ tlsAuth: [{ cert: 'x', key: 'y' }] })).toThrow('tlsAuth[0]');
  });

  it('tells plain text, silence and a hang-up in the handshake apart', async () => {
    const plain = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const silent = await rawServer(() => {});
    const rude = await rawServer((socket) => socket.end());
    cleanups.push(plain.close, silent.close, rude.close);
    const vu = vuWith({});
    expect((await vu.get(`https://127.0.0.1:${plain.port}/`)).errorCode).toBe(1301);
    expect((await vu.get(`https://127.0.0.1:${silent.port}/`, { timeout: 200 })).errorCode).toBe(
      1050,
    );
    expect(await vu.get(`https://127.0.0.1:${rude.port}/`)).toMatchObject({
      errorCode: 1000,
      error: 'EOF',
    });
    const closed = net.createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as net.AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    expect((await vu.get(`https://127.0.0.1:${port}/`)).errorCode).toBe(1212);
  });
});
