/** Reads any protocol buffers message by its wire format, for tests that look at what was sent. */

export type Field = bigint | number | Uint8Array;

export class Message {
  readonly #fields = new Map<number, Field[]>();

  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    const varint = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++];
        if (byte === undefined) throw new Error('a message ends too early');
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    while (at < bytes.length) {
      const key = Number(varint());
      const values = this.#fields.get(key >> 3) ?? [];
      this.#fields.set(key >> 3, values);
      const wire = key & 7;
      if (wire === 0) values.push(varint());
      else if (wire === 1) {
        values.push(view.getFloat64(at, true));
        at += 8;
      } else if (wire === 2) {
        const length = Number(varint());
        values.push(bytes.subarray(at, at + length));
        at += length;
      } else throw new Error(`wire type ${wire}`);
    }
  }

  #all(field: number): Field[] {
    return this.#fields.get(field) ?? [];
  }

  messages(field: number): Message[] {
    return this.#all(field).map((value) => new Message(value as Uint8Array));
  }
  message(field: number): Message {
    return new Message(this.#all(field)[0] as Uint8Array);
  }
  text(field: number): string {
    return Buffer.from((this.#all(field)[0] as Uint8Array | undefined) ?? []).toString();
  }
  double(field: number): number {
    return this.#all(field)[0] as number;
  }
  /** A whole number; 0 when the field is absent, as it is then left out. */
  integer(field: number): number {
    return Number(this.#all(field)[0] ?? 0);
  }
  /** Of either sign (sint32, sint64). */
  signed(field: number): number {
    return unzigzag(BigInt((this.#all(field)[0] as bigint | undefined) ?? 0));
  }
  /** Fixed 64-bit numbers or bits of doubles, as they stand. */
  bits(field: number): bigint {
    const buffer = Buffer.alloc(8);
    buffer.writeDoubleLE(this.#all(field)[0] as number);
    return buffer.readBigUInt64LE();
  }
  /** Variable-length numbers in one field. */
  packed(field: number, signed = false): number[] {
    const [bytes] = this.#all(field) as [Uint8Array?];
    if (bytes === undefined) return [];
    const values: number[] = [];
    let value = 0n;
    let shift = 0n;
    for (const byte of bytes) {
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte >= 0x80) continue;
      values.push(signed ? unzigzag(value) : Number(value));
      value = 0n;
      shift = 0n;
    }
    return values;
  }
}

function unzigzag(value: bigint): number {
  return Number(value % 2n === 0n ? value / 2n : -(value + 1n) / 2n);
}
