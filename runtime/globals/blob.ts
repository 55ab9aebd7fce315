/** `Blob`: bytes with a type, such as a file to upload. */
import type { ReadableStream } from '../k6/streams.ts';
import { type BufferSource, bytesOf, decodeUtf8, encodeUtf8 } from './text.ts';

export class Blob {
  #bytes: Uint8Array;
  /** The MIME type in lower case, or ''. */
  readonly type: string;
  /** The bytes as a stream of one part. A blob has it when the script names it; see `blob-stream.ts`. */
  declare stream: () => ReadableStream;

  /** Joins `parts`; text is written as UTF-8. */
  constructor(parts: Iterable<string | BufferSource | Blob> = [], options: { type?: string } = {}) {
    const pieces = Array.from(parts, (part) =>
      part instanceof Blob
        ? part.#bytes
        : part instanceof ArrayBuffer || ArrayBuffer.isView(part)
          ? bytesOf(part, 'part')
          : encodeUtf8(String(part)),
    );
    this.#bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      this.#bytes.set(piece, at);
      at += piece.length;
    }
    const type = String(options.type ?? '');
    this.type = /^[ -~]*$/.test(type) ? type.toLowerCase() : '';
  }
  /** The bytes themselves, not to be changed. */
  static bytesOf(blob: Blob): Uint8Array {
    return blob.#bytes;
  }
  /** Bytes. */
  get size(): number {
    return this.#bytes.length;
  }
  /** A part of it; negative positions count from the end. */
  slice(start?: number, end?: number, type = ''): Blob {
    return new Blob([this.#bytes.slice(start, end)], { type });
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer;
  }
  async bytes(): Promise<Uint8Array> {
    return this.#bytes.slice();
  }
  /** The bytes read as UTF-8, without a byte order mark. */
  async text(): Promise<string> {
    return decodeUtf8(this.#bytes).text.replace(/^\ufeff/, '');
  }
}
