/** Base64: `atob`, `btoa`, and the two functions beneath them. */
import { domException } from './dom-exception.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Bytes in base64; the URL alphabet has - and _ for + and /. */
export function encodeBase64(bytes: ArrayLike<number>, url: boolean, padded: boolean): string {
  const alphabet = `${letters}${url ? '-_' : '+/'}`;
  const { length } = bytes;
  let text = '';
  for (let at = 0; at < length; at += 3) {
    const [a, b, c] = [bytes[at] as number, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0];
    text += (alphabet[a >> 2] as string) + alphabet[((a & 3) << 4) | (b >> 4)];
    if (at + 1 < length) text += alphabet[((b & 15) << 2) | (c >> 6)] as string;
    if (at + 2 < length) text += alphabet[c & 63] as string;
  }
  return padded ? text.padEnd(Math.ceil(length / 3) * 4, '=') : text;
}

/** Base64 without padding as bytes, or undefined when it is none. */
export function decodeBase64(text: string, url: boolean): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const alphabet = `${letters}${url ? '-_' : '+/'}`;
  const values = new Map(Array.from(alphabet, (letter, value) => [letter, value]));
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let written = 0;
  for (let at = 0; at < text.length; at++) {
    const value = values.get(text[at] as string);
    if (value === undefined) return undefined;
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[written++] = held >> bits;
    }
  }
  return bytes;
}

/** Text of characters up to U+00FF, one a byte, in base64. Throws InvalidCharacterError for others. */
export function btoa(text: string): string {
  const units = Array.from({ length: String(text).length }, (_, at) => String(text).charCodeAt(at));
  if (units.some((unit) => unit > 255)) {
    throw domException('btoa(text): text has a character above U+00FF', 'InvalidCharacterError');
  }
  return encodeBase64(units, false, true);
}

/** Base64 as text of one character a byte. Throws InvalidCharacterError when it is no base64. */
export function atob(text: string): string {
  let compact = String(text).replace(/[\t\n\f\r ]/g, '');
  if (compact.length % 4 === 0) compact = compact.replace(/==?$/, '');
  const bytes = decodeBase64(compact, false);
  if (bytes === undefined) {
    throw domException('atob(text): text is not base64', 'InvalidCharacterError');
  }
  let out = '';
  for (const byte of bytes) out += String.fromCharCode(byte);
  return out;
}
