/** A Blob's `stream`, apart from it: streams are many times as large as what most scripts do with a Blob. */
import { Blob } from '../globals/blob.ts';
import { ReadableStream } from './streams.ts';

/** Gives blobs their streams. */
export function install(): void {
  Object.defineProperty(Blob.prototype, 'stream', {
    value: function stream(this: Blob): ReadableStream {
      const bytes = Blob.bytesOf(this);
      return new ReadableStream({
        start: (controller) => {
          if (bytes.length > 0) controller.enqueue(bytes.slice());
          controller.close();
        },
      });
    },
    writable: true,
    configurable: true,
  });
}
