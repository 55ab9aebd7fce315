import { isIP, isIPv4 } from 'node:net';
import { limits } from '../limits.ts';

/**
 * The addresses of a list such as `10.0.0.2,10.0.0.10-10.0.0.25,10.1.0.0/24`. Of an IPv4 network the
 * first and the last address are left out, since no socket can be bound to them.
 *
 * Throws an Error whose message says what is wrong with which part.
 */
export function parseAddresses(list: string): string[] {
  const out: string[] = [];
  for (const part of list.split(',').map((piece) => piece.trim())) {
    const [first, last, bits] = bounds(part);
    if (last < first) throw new Error(`'${part}' ends before it begins`);
    if (last - first >= BigInt(limits.localAddresses - out.length)) {
      throw new Error(`it names more than ${limits.localAddresses} addresses`);
    }
    for (let n = first; n <= last; n++) out.push(addressText(n, bits));
  }
  return out;
}

function bounds(part: string): [first: bigint, last: bigint, bits: 32 | 128] {
  const dash = part.split('-');
  if (dash.length === 2 && isIP(dash[0] as string) && isIP(dash[1] as string)) {
    if (isIP(dash[0] as string) !== isIP(dash[1] as string)) {
      throw new Error(`'${part}' mixes IPv4 and IPv6`);
    }
    return [addressNumber(dash[0] as string), addressNumber(dash[1] as string), bitsOf(part)];
  }
  const slash = part.split('/');
  if (slash.length === 2 && isIP(slash[0] as string) && /^\d+$/.test(slash[1] as string)) {
    const bits = bitsOf(part);
    const prefix = Number(slash[1]);
    if (prefix > bits) throw new Error(`'${part}' has a prefix longer than ${bits} bits`);
    const size = 1n << BigInt(bits - prefix);
    const first = (addressNumber(slash[0] as string) / size) * size;
    const edge = bits === 32 && prefix < 31 ? 1n : 0n;
    return [first + edge, first + size - 1n - edge, bits];
  }
  if (!isIP(part)) {
    throw new Error(
      `'${part}' is no address, range or network; write for example '10.0.0.2', '10.0.0.2-10.0.0.9' or '10.0.0.0/24'`,
    );
  }
  return [addressNumber(part), addressNumber(part), bitsOf(part)];
}

function bitsOf(part: string): 32 | 128 {
  return part.includes(':') ? 128 : 32;
}

function addressNumber(address: string): bigint {
  if (isIPv4(address))
    return address.split('.').reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  // The URL parser writes any IPv6 address in its one canonical form, dotted endings included.
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname
    .slice(1, -1)
    .split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...middle, ...right].reduce((sum, x) => sum * 65536n + BigInt(`0x${x}`), 0n);
}

function addressText(n: bigint, bits: 32 | 128): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (n >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((n >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
