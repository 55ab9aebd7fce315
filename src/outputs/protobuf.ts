/** Writes messages of protocol buffers: the few kinds of fields that remote write has. */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  /** What was written so far; valid until something more is. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A whole number of 0 or more, exact up to 2^53. */
  unsigned(field: number, value: number): void {
    this.#key(field, 0);
    this.#varint(value);
  }

  /** A whole number of either sign (sint32, sint64). */
  signed(field: number, value: number): void {
    this.unsigned(field, zigzag(value));
  }

  /** A list of numbers of either sign in one field. */
  packedSigned(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    this.message(field, (inner) => {
      for (const value of values) inner.#varint(zigzag(value));
    });
  }

  double(field: number, value: number): void {
    this.#key(field, 1);
    this.#length = this.#room(8).writeDoubleLE(value, this.#length);
  }

  /** A double given by its bits, for the kinds of NaN that Prometheus tells apart. */
  doubleBits(field: number, bits: bigint): void {
    this.#key(field, 1);
    this.#length = this.#room(8).writeBigUInt64LE(bits, this.#length);
  }

  text(field: number, value: string): void {
    this.#key(field, 2);
    const size = Buffer.byteLength(value);
    this.#varint(size);
    this.#length += this.#room(size).write(value, this.#length);
  }

  message(field: number, write: (inner: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter();
    write(inner);
    this.#key(field, 2);
    this.#varint(inner.#length);
    this.#room(inner.#length).set(inner.bytes, this.#length);
    this.#length += inner.#length;
  }

  #key(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }

  #varint(value: number): void {
    const bytes = this.#room(10);
    let rest = value;
    while (rest >= 128) {
      bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    bytes[this.#length++] = rest;
  }

  #room(size: number): Buffer {
    if (this.#length + size > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size));
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    return this.#bytes;
  }
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
