/** `vurun/encoding`: base64 in its four forms. */
import { decodeBase64, encodeBase64 } from '../globals/base64.ts';
import { type BufferSource, bytesOf, decodeUtf8, encodeUtf8 } from '../globals/text.ts';

/** std: + / and padding · rawstd: without padding · url: - _ and padding · rawurl: without padding. */
export type Base64Encoding = 'std' | 'rawstd' | 'url' | 'rawurl';

function check(encoding: string, what: string): void {
  if (!/^(raw)?(std|url)$/.test(encoding)) {
    throw new TypeError(
      `${what}: encoding must be 'std', 'rawstd', 'url' or 'rawurl', not '${encoding}'`,
    );
  }
}

/** `input` in base64; text is taken as UTF-8. */
export function b64encode(input: string | BufferSource, encoding: Base64Encoding = 'std'): string {
  check(encoding, 'b64encode(input, encoding)');
  const bytes =
    typeof input === 'string' ? encodeUtf8(input) : bytesOf(input, 'b64encode(input): input');
  return encodeBase64(bytes, encoding.endsWith('url'), !encoding.startsWith('raw'));
}

/** The bytes of base64 text, or with format 's' the UTF-8 text in it. Throws when `input` is no base64. */
export function b64decode(input: string, encoding?: Base64Encoding): ArrayBuffer;
export function b64decode(input: string, encoding: Base64Encoding, format: 's'): string;
export function b64decode(
  input: string,
  encoding: Base64Encoding = 'std',
  format?: 's',
): ArrayBuffer | string {
  check(encoding, 'b64decode(input, encoding)');
  if (format !== undefined && format !== 's') {
    throw new TypeError(`b64decode(input, encoding, format): format must be 's' or left out`);
  }
  const compact = String(input).replace(/[\r\n]/g, '');
  const raw = encoding.startsWith('raw');
  // Padded forms must be padded, raw ones must not.
  const unpadded = raw ? compact : compact.replace(/={1,2}$/, '');
  const bytes =
    raw || compact.length % 4 === 0 ? decodeBase64(unpadded, encoding.endsWith('url')) : undefined;
  if (bytes === undefined) {
    throw new TypeError(`b64decode(input): input is not base64 of the form '${encoding}'`);
  }
  return format === 's' ? decodeUtf8(bytes).text : (bytes.buffer as ArrayBuffer);
}
