import { ErrorCode } from '../../../runtime/contract/error-codes.ts';
import { Failure } from './failure.ts';

/** A URL, parsed once; what is checked is what is dialled. Immutable, shared by all VUs of a shard. */
export interface Target {
  /** As the script wrote it, or the normal form of a redirect's. */
  readonly text: string;
  /** The text with credentials masked: the default of the tags `name` and `url`. */
  readonly masked: string;
  readonly url: URL;
  readonly origin: string;
  readonly secure: boolean;
  /** Without the brackets of IPv6. */
  readonly hostname: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  /** `Basic …` when the URL carries credentials. */
  readonly authorization: string | undefined;
}

const known = new Map<string, Target>();
const knownLength = 2_000;
const knownTextLength = 500;

/** Parses a URL a script gave. Throws a `Failure` 1020 when it is none for http. */
export function targetOf(text: string): Target {
  const found = known.get(text);
  if (found !== undefined) return found;
  if (!URL.canParse(text)) throw new Failure(ErrorCode.invalidUrl, 'invalid URL');
  const target = targetFrom(new URL(text), text);
  // Scripts often use a handful of URLs; endless different ones must not pile up.
  if (text.length <= knownTextLength) {
    if (known.size >= knownLength) known.clear();
    known.set(text, target);
  }
  return target;
}

/** Follows a Location header. Throws a `Failure` when it leads nowhere. */
export function redirectTarget(from: Target, location: string): Target {
  if (!URL.canParse(location, from.url.href)) {
    throw new Failure(
      ErrorCode.other,
      `failed to parse Location header ${JSON.stringify(location.slice(0, 200))}`,
    );
  }
  const url = new URL(location, from.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Failure(
      ErrorCode.other,
      `unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`,
    );
  }
  if (url.hash === '') url.hash = from.url.hash;
  return targetFrom(url, url.href);
}

function targetFrom(url: URL, text: string): Target {
  const secure = url.protocol === 'https:';
  if ((!secure && url.protocol !== 'http:') || url.hostname === '') {
    throw new Failure(ErrorCode.invalidUrl, 'invalid URL');
  }
  const hasUser = url.username !== '' || url.password !== '';
  return {
    text,
    masked: hasUser ? text.replace(/^([^:]+:\/\/)[^/?#]*@/, '$1****:****@') : text,
    url,
    origin: url.origin,
    secure,
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    authorization: hasUser
      ? `Basic ${Buffer.from(`${unescaped(url.username)}:${unescaped(url.password)}`).toString('base64')}`
      : undefined,
  };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
