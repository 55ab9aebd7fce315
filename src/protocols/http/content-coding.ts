import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { ErrorCode } from '../../../runtime/contract/error-codes.ts';
import { GuestError, messageOf } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { Failure } from './failure.ts';

type Transform = (data: Uint8Array) => Promise<Buffer>;
interface Coding {
  encode: Transform;
  decode: Transform;
}
type ZlibCall = (
  data: Uint8Array,
  options: { maxOutputLength?: number },
  callback: (error: Error | null, result: Buffer) => void,
) => void;

function coding(encode: ZlibCall, decode: ZlibCall): Coding {
  const encoder = promisify(encode);
  const decoder = promisify(decode);
  return {
    encode: (data) => encoder(data, {}),
    decode: (data) => decoder(data, { maxOutputLength: limits.decompressedBodyBytes }),
  };
}

// zstd came with Node 22.15; older ones say that they cannot.
const { zstdCompress, zstdDecompress } = zlib as unknown as Partial<
  Record<'zstdCompress' | 'zstdDecompress', ZlibCall>
>;
const codings = new Map<string, Coding>([
  ['gzip', coding(zlib.gzip, zlib.gunzip)],
  ['deflate', coding(zlib.deflate, zlib.inflate)],
  ['br', coding(zlib.brotliCompress, zlib.brotliDecompress)],
]);
if (zstdCompress !== undefined && zstdDecompress !== undefined) {
  codings.set('zstd', coding(zstdCompress, zstdDecompress));
}

/** The names in `params.compression`. Throws a `GuestError` for one that is unknown. */
export function compressionNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!codings.has(name)) {
      throw new GuestError(
        `unknown compression algorithm ${name}, supported algorithms are ${[...codings.keys()].join(', ')}`,
      );
    }
  }
  return names;
}

/** Applies codings in the order given. */
export async function encodeBody(body: Uint8Array, names: readonly string[]): Promise<Uint8Array> {
  let data = body;
  for (const name of names) data = await (codings.get(name) as Coding).encode(data);
  return data;
}

/** Whether a Content-Encoding names anything that must be undone. */
export function isEncoded(contentEncoding: string): boolean {
  return contentEncoding
    .split(',')
    .some((name) => codings.has(name.trim().toLowerCase()) || name.trim() === 'zstd');
}

/** Undoes a Content-Encoding, the last coding first. Unknown names are left alone, as in k6. */
export async function decodeBody(body: Uint8Array, contentEncoding: string): Promise<Uint8Array> {
  const names = contentEncoding.split(',').map((name) => name.trim().toLowerCase());
  if (names.length > limits.contentEncodings) {
    throw new Failure(
      ErrorCode.responseDecompression,
      `the response has more than ${limits.contentEncodings} content encodings`,
      undefined,
      'undecodable-answer',
    );
  }
  let data = body;
  for (const name of names.reverse()) {
    const decode = codings.get(name)?.decode;
    if (decode === undefined) {
      if (name !== 'zstd') continue;
      throw new Failure(
        ErrorCode.responseDecompression,
        'this Node.js cannot decompress zstd; use 22.15 or newer',
        undefined,
        'undecodable-answer',
      );
    }
    try {
      data = await decode(data);
    } catch (thrown) {
      const tooLarge = (thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      throw new Failure(
        ErrorCode.responseDecompression,
        tooLarge
          ? `the decompressed body is larger than ${limits.decompressedBodyBytes} bytes`
          : `${name}: ${messageOf(thrown)}`,
        undefined,
        tooLarge ? 'answer-too-large' : 'undecodable-answer',
      );
    }
  }
  return data;
}
