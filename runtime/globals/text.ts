/** `TextEncoder`, `TextDecoder` and the UTF-8 they share with the other globals. */

/** Bytes a platform function accepts. */
export type BufferSource = ArrayBuffer | ArrayBufferView;

/** The bytes behind a buffer or view, not copied. Throws a TypeError that names `what`. */
export function bytesOf(source: unknown, what: string): Uint8Array {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  throw new TypeError(`${what} must be an ArrayBuffer or a view of one`);
}

/** An ArrayBuffer that holds exactly these bytes: only whole ones cross. */
export function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const whole = bytes.byteLength === bytes.buffer.byteLength;
  return (whole ? bytes.buffer : bytes.slice().buffer) as ArrayBuffer;
}

// An argument list of this many units fits into a VU's small stack.
const chunk = 512;

function fromUnits(units: ArrayLike<number>): string {
  return String.fromCharCode.apply(null, units as number[]);
}

/** Writes UTF-8 into `target` as far as it fits; lone surrogates become U+FFFD. */
function encodeUtf8Into(text: string, target: Uint8Array): { read: number; written: number } {
  let written = 0;
  let read = 0;
  while (read < text.length) {
    let point = text.codePointAt(read) as number;
    const units = point > 0xffff ? 2 : 1;
    if ((point & 0xfffff800) === 0xd800) point = 0xfffd;
    const length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (written + length > target.length) break;
    if (length === 1) target[written] = point;
    else {
      target[written] = (0xf00 >> length) | (point >> (6 * (length - 1)));
      for (let left = length - 2, at = written + 1; left >= 0; left--, at++) {
        target[at] = 0x80 | ((point >> (6 * left)) & 0x3f);
      }
    }
    written += length;
    read += units;
  }
  return { read, written };
}

/** Text as UTF-8; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const room = new Uint8Array(text.length * 3);
  return room.slice(0, encodeUtf8Into(text, room).written);
}

/**
 * UTF-8 as text; wrong bytes become U+FFFD, or end in a TypeError when `fatal`. With `partial` the
 * beginning of a character at the very end is left alone: `rest` says how many bytes that is.
 */
export function decodeUtf8(
  bytes: Uint8Array,
  fatal = false,
  partial = false,
): { text: string; rest: number } {
  const end = bytes.length;
  let text = '';
  let units: number[] = [];
  const wrong = (): void => {
    if (fatal) throw new TypeError('The encoded data was not valid for encoding utf-8');
    units.push(0xfffd);
  };
  let at = 0;
  while (at < end) {
    const first = bytes[at] as number;
    const start = at++;
    if (first < 0x80) {
      while (at < end && at - start < chunk && (bytes[at] as number) < 0x80) at++;
      text += fromUnits(units) + fromUnits(bytes.subarray(start, at));
      units = [];
      continue;
    }
    let need = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
    if (need === 0) wrong();
    else {
      // The second byte's range keeps out overlong forms, surrogates and what is above U+10FFFF.
      let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
      let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
      let point = first & (0x3f >> need);
      while (need > 0 && at < end) {
        const next = bytes[at] as number;
        if (next < low || next > high) break;
        point = (point << 6) | (next & 0x3f);
        low = 0x80;
        high = 0xbf;
        at++;
        need--;
      }
      if (need === 0) {
        if (point > 0xffff) {
          point -= 0x10000;
          units.push(0xd800 | (point >> 10), 0xdc00 | (point & 0x3ff));
        } else units.push(point);
      } else if (at === end && partial) {
        return { text: text + fromUnits(units), rest: end - start };
      } else wrong();
    }
    if (units.length >= chunk) {
      text += fromUnits(units);
      units = [];
    }
  }
  return { text: text + fromUnits(units), rest: 0 };
}

function decodeUtf16(
  bytes: Uint8Array,
  fatal: boolean,
  partial: boolean,
): { text: string; rest: number } {
  let odd = bytes.length % 2;
  let end = bytes.length - odd;
  // A pair's first half waits for its second half.
  const waits = end > 0 && ((bytes[end - 1] as number) & 0xfc) === 0xd8;
  if (waits && (partial || odd)) {
    end -= 2;
    odd += 2;
  }
  let text = '';
  for (let at = 0; at < end; ) {
    const units: number[] = [];
    for (; at < end && units.length < chunk; at += 2) {
      units.push((bytes[at] as number) | ((bytes[at + 1] as number) << 8));
    }
    text += fromUnits(units);
  }
  const formed = text as unknown as { isWellFormed(): boolean; toWellFormed(): string };
  if (partial && !fatal) return { text: formed.toWellFormed(), rest: odd };
  const broken = !formed.isWellFormed() || (!partial && odd > 0);
  if (fatal && broken) {
    throw new TypeError('The encoded data was not valid for encoding utf-16le');
  }
  if (partial) return { text, rest: odd };
  return { text: formed.toWellFormed() + (odd ? '\ufffd' : ''), rest: 0 };
}

// What windows-1252 puts where Latin-1 has control characters, from 0x80 on.
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function decodeLatin(bytes: Uint8Array): { text: string; rest: number } {
  let text = '';
  for (let at = 0; at < bytes.length; at += chunk) {
    const units = Array.from(bytes.subarray(at, at + chunk), (byte) =>
      byte >= 0x80 && byte < 0xa0 ? windows1252.charCodeAt(byte - 0x80) : byte,
    );
    text += fromUnits(units);
  }
  return { text, rest: 0 };
}

/** Writes text as UTF-8. */
export class TextEncoder {
  get encoding(): string {
    return 'utf-8';
  }
  /** The bytes of `text`; lone surrogates become U+FFFD. */
  encode(text = ''): Uint8Array {
    return encodeUtf8(String(text));
  }
  /** Fills `target` as far as whole characters fit; tells the UTF-16 units read and bytes written. */
  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
    return encodeUtf8Into(String(text), target);
  }
}

export interface TextDecoderOptions {
  /** Wrong bytes throw a TypeError instead of becoming U+FFFD. */
  fatal?: boolean;
  /** Keeps a byte order mark in the text. */
  ignoreBOM?: boolean;
}

function encodingOf(label: string): string {
  const name = label.trim().toLowerCase();
  if (/^(unicode-1-1-)?utf-?8$|^(x-)?unicode(11|20)utf8$/.test(name)) return 'utf-8';
  if (/^utf-16(le)?$|^(iso-10646-)?ucs-2$|^(cs)?unicode$|^unicodefeff$/.test(name)) {
    return 'utf-16le';
  }
  if (
    /^(latin1|l1|(us-)?ascii|iso[-_]?8859-?1|iso_8859-1:1987|(x-)?cp1252|windows-1252)$/.test(name)
  ) {
    return 'windows-1252';
  }
  throw new RangeError(
    `The "${label}" encoding is not supported; there are utf-8, utf-16le and latin1`,
  );
}

/** Reads bytes as text: utf-8, utf-16le or latin1 (windows-1252, as browsers understand it). */
export class TextDecoder {
  /** The encoding's proper name. */
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  #rest: Uint8Array = new Uint8Array(0);
  #begun = false;

  /** Throws a RangeError for an encoding it does not know. */
  constructor(label = 'utf-8', options: TextDecoderOptions = {}) {
    this.encoding = encodingOf(String(label));
    this.fatal = Boolean(options.fatal);
    this.ignoreBOM = Boolean(options.ignoreBOM);
  }

  /** The text of `input`; with `stream` an unfinished character at its end waits for the next call. */
  decode(input?: BufferSource, options: { stream?: boolean } = {}): string {
    let bytes = input === undefined ? new Uint8Array(0) : bytesOf(input, 'decode(input): input');
    if (this.#rest.length > 0) {
      const joined = new Uint8Array(this.#rest.length + bytes.length);
      joined.set(this.#rest);
      joined.set(bytes, this.#rest.length);
      bytes = joined;
    }
    const stream = Boolean(options.stream);
    const begun = this.#begun;
    this.#rest = new Uint8Array(0);
    this.#begun = false;
    const read =
      this.encoding === 'utf-8'
        ? decodeUtf8(bytes, this.fatal, stream)
        : this.encoding === 'utf-16le'
          ? decodeUtf16(bytes, this.fatal, stream)
          : decodeLatin(bytes);
    if (stream) {
      this.#rest = bytes.slice(bytes.length - read.rest);
      this.#begun = begun || read.text !== '';
    }
    const mark = !begun && !this.ignoreBOM && read.text.charCodeAt(0) === 0xfeff;
    return mark ? read.text.slice(1) : read.text;
  }
}
