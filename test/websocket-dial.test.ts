import { describe, expect, it } from 'vitest';
import type { ProtocolSettings } from '../src/protocols/contract.ts';
import { localAddressFor, resolveHost, tlsOptionsFor } from '../src/protocols/dial.ts';

const settings = (over: Partial<ProtocolSettings>): ProtocolSettings =>
  ({
    hosts: {},
    localAddresses: [],
    tlsAuth: [],
    tlsCA: [],
    tlsVersion: {},
    tlsCipherSuites: [],
    ...over,
  }) as ProtocolSettings;

describe('where a connection goes', () => {
  const hosts = {
    'a.test': '10.0.0.1',
    'a.test:81': '10.0.0.2:8081',
    '*.test': '10.0.0.3',
    '*.deep.test': '10.0.0.4',
    '*.deep.test:81': '10.0.0.5',
    'v6.test': '[::1]:90',
    'bare6.test': '::1',
    '::2': '10.0.0.6',
    'Upper.test': 'other.example',
  };
  it.each([
    ['a.test', 80, '10.0.0.1', 80],
    ['A.TEST', 80, '10.0.0.1', 80],
    ['a.test', 81, '10.0.0.2', 8081],
    ['b.test', 80, '10.0.0.3', 80],
    ['x.deep.test', 80, '10.0.0.4', 80],
    ['x.deep.test', 81, '10.0.0.5', 81],
    ['v6.test', 80, '::1', 90],
    ['bare6.test', 80, '::1', 80],
    ['[::2]', 80, '10.0.0.6', 80],
    ['upper.test', 80, 'other.example', 80],
    ['test', 80, 'test', 80],
    ['[::3]', 80, '::3', 80],
  ])('%s:%i goes to %s:%i', (hostname, port, host, to) => {
    expect(resolveHost(settings({ hosts }), hostname, port)).toEqual({ host, port: to });
  });

  it('hands out local addresses in turn, from the first for VU 1', () => {
    const two = settings({ localAddresses: ['127.0.0.1', '127.0.0.2'] });
    const given = [0, 1, 2, 3].map((vu) => localAddressFor(two, vu));
    expect(given).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.2', '127.0.0.1']);
    expect(localAddressFor(settings({}), 1)).toBeUndefined();
  });

  it('makes one TLS context for all hosts that need the same', () => {
    const plain = settings({});
    const first = tlsOptionsFor(plain, 'a.test');
    expect(tlsOptionsFor(plain, 'b.test').secureContext).toBe(first.secureContext);
    expect(first.rejectUnauthorized).toBe(true);
    const auth = settings({ tlsAuth: [{ cert: 'x', key: 'x', domains: ['*.a.test'] }] });
    expect(() => tlsOptionsFor(auth, 'x.a.test')).toThrow('option tlsAuth cannot be used');
    expect(() => tlsOptionsFor(auth, 'a.test')).not.toThrow();
  });
});
