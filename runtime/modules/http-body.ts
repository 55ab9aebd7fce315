/** Request bodies: what a script may give, and what goes to the host. */
import { encodeUtf8 } from '../globals/text.ts';
import { crosses, wellFormed } from '../host.ts';

/** A file of a multipart body; made by `http.file`. */
export class FileData {
  readonly data: string | ArrayBuffer;
  readonly filename: string;
  readonly content_type: string;
  constructor(data: string | ArrayBuffer, filename: string, contentType: string) {
    this.data = data;
    this.filename = filename;
    this.content_type = contentType;
  }
}

/**
 * Wraps text or bytes as a file of a multipart body. `filename` defaults to the time in nanoseconds,
 * `contentType` to application/octet-stream. Throws a TypeError for other data.
 */
export function file(
  data: string | ArrayBuffer | ArrayBufferView,
  filename: string = `${Date.now()}000000`,
  contentType: string = 'application/octet-stream',
): FileData {
  let content = data;
  if (ArrayBuffer.isView(content)) {
    content = content.buffer.slice(
      content.byteOffset,
      content.byteOffset + content.byteLength,
    ) as ArrayBuffer;
  }
  if (typeof content !== 'string' && !(content instanceof ArrayBuffer)) {
    throw new TypeError(`invalid type ${typeof content}, expected string or ArrayBuffer`);
  }
  return new FileData(content, String(filename), String(contentType));
}

/** A field of a form: lists repeat the name, null is empty. */
export type FormValue = string | number | boolean | null | undefined | FileData;
/**
 * What can be sent: text and bytes as they are; an object as a form, or as multipart when one of its
 * values is `http.file(…)`.
 */
export type RequestBody =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | { [field: string]: FormValue | readonly FormValue[] }
  | null
  | undefined;

export interface EncodedBody {
  data: string | ArrayBuffer | undefined;
  /** Set unless the script named a Content-Type itself. */
  contentType?: string;
  /** k6's words for a body that cannot be sent. */
  fault?: string;
}

/** Stands for a request that cannot be made: the host answers it with these words. */
export class FaultyBody {
  readonly fault: string;
  constructor(fault: string) {
    this.fault = fault;
  }
}

export function encodeBody(body: unknown): EncodedBody {
  if (body === undefined || body === null) return { data: undefined };
  if (typeof body === 'string') {
    return { data: crosses(body) ? body : bufferOf(encodeUtf8(body)) };
  }
  if (body instanceof ArrayBuffer) return { data: body };
  if (ArrayBuffer.isView(body)) {
    return { data: bufferOf(new Uint8Array(body.buffer, body.byteOffset, body.byteLength)) };
  }
  if (typeof body !== 'object' || Array.isArray(body)) {
    return {
      data: undefined,
      fault: `unknown request body type ${Array.isArray(body) ? 'array' : typeof body}`,
    };
  }
  if (body instanceof FaultyBody) return { data: undefined, fault: body.fault };
  const fields: [string, FormValue][] = [];
  let files = false;
  for (const key of Object.keys(body).sort()) {
    const value = (body as Record<string, unknown>)[key];
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      files ||= one instanceof FileData;
      fields.push([key, one as FormValue]);
    }
  }
  if (files) return multipart(fields);
  return {
    data: fields.map(([key, value]) => `${formText(key)}=${formText(fieldText(value))}`).join('&'),
    contentType: 'application/x-www-form-urlencoded',
  };
}

/** A value inside a form; what has no text form is empty, as in k6. */
function fieldText(value: unknown): string {
  return value === null || value === undefined || typeof value === 'object' ? '' : String(value);
}

function formText(text: string): string {
  return encodeURIComponent(wellFormed(text))
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

function multipart(fields: readonly [string, FormValue][]): EncodedBody {
  let boundary = '';
  while (boundary.length < 48) boundary += Math.random().toString(16).slice(2, 10);
  const parts: Uint8Array[] = [];
  for (const [key, value] of fields) {
    let head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(key)}"`;
    let data: Uint8Array;
    if (value instanceof FileData) {
      head += `; filename="${quoted(value.filename)}"\r\nContent-Type: ${value.content_type.replace(/[\r\n]/g, ' ')}`;
      data = typeof value.data === 'string' ? encodeUtf8(value.data) : new Uint8Array(value.data);
    } else {
      data = encodeUtf8(fieldText(value));
    }
    parts.push(encodeUtf8(`${head}\r\n\r\n`), data, encodeUtf8('\r\n'));
  }
  parts.push(encodeUtf8(`--${boundary}--\r\n`));
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return { data: bufferOf(whole), contentType: `multipart/form-data; boundary=${boundary}` };
}

function quoted(text: string): string {
  return text.replace(/["\\]/g, '\\$&').replace(/[\r\n]/g, ' ');
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength
    ? (bytes.buffer as ArrayBuffer)
    : bytes.slice().buffer;
}
