/** `k6/experimental/fs`: files whose bytes stay with the host, read piece by piece. */
import { type HeldFile, Op } from '../contract/ops.ts';
import { op } from '../host.ts';

/** From where `seek` counts. */
export const SeekMode = { Start: 0, Current: 1, End: 2 } as const;

export interface FileInfo {
  /** Without directories. */
  name: string;
  /** Bytes. */
  size: number;
}

/** A file that is open. Each has a position of its own. */
export class File {
  readonly path: string;
  readonly #held: HeldFile;
  /** Where the next `read` begins. */
  #position = 0;

  constructor(path: string, held: HeldFile) {
    this.path = path;
    this.#held = held;
  }

  /** The host's name of a file; undefined for anything else. */
  static heldPath(file: unknown): string | undefined {
    return typeof file === 'object' && file !== null && #held in file ? file.#held.path : undefined;
  }

  /** Fills `into` as far as there are bytes; gives their number, or null at the end of the file. */
  async read(into: Uint8Array): Promise<number | null> {
    if (!(into instanceof Uint8Array)) {
      throw new TypeError('read() failed; reason: its argument must be a Uint8Array');
    }
    if (this.#position >= this.#held.size) return null;
    const part = op(Op.fileRead, this.#held.path, this.#position, into.length) as ArrayBuffer;
    into.set(new Uint8Array(part));
    this.#position += part.byteLength;
    return part.byteLength;
  }

  /** Sets where the next `read` begins and gives that position. */
  async seek(offset: number, whence: number): Promise<number> {
    if (!Number.isInteger(offset)) {
      throw new TypeError('seek() failed; reason: the offset must be a whole number');
    }
    const { size } = this.#held;
    const { Start, Current, End } = SeekMode;
    // As in k6, the end is where the last byte is.
    const bases: Record<number, number> = {
      [Start]: 0,
      [Current]: this.#position,
      [End]: Math.max(0, size - 1),
    };
    const base = bases[whence];
    if (base === undefined) {
      throw new TypeError('seek() failed; reason: whence must be one of SeekMode');
    }
    const position = base + offset;
    if (position < 0 || position > size) {
      throw new TypeError(`seek() failed; reason: ${position} lies outside of the file`);
    }
    this.#position = position;
    return position;
  }

  async stat(): Promise<FileInfo> {
    const { name, size } = this.#held;
    return { name, size };
  }
}

/** Opens a file, in the init context only. Relative paths start at the main script. */
export async function open(path: string): Promise<File> {
  if (path === undefined || path === null) {
    throw new TypeError('open() failed; reason: path cannot be null or undefined');
  }
  return new File(String(path), JSON.parse(op(Op.fileHold, String(path)) as string) as HeldFile);
}

const fs: { open: typeof open; SeekMode: typeof SeekMode } = { open, SeekMode };
export default fs;
