import { isIPv6 } from 'node:net';

/** `HOST:PORT`, `:PORT` or `PORT`, with what is left out filled in; undefined when it is none of these. */
export function parseAddress(
  text: string,
  otherwise: { host: string; port: number },
): { host: string; port: number } | undefined {
  if (/^\d*$/.test(text)) return { ...otherwise, ...(text !== '' && { port: Number(text) }) };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const port = digits === undefined ? otherwise.port : Number(digits);
  if ((bracketed === undefined && plain === undefined) || port > 65_535) return undefined;
  if (bracketed !== undefined && !isIPv6(bracketed)) return undefined;
  return { host: bracketed || plain || otherwise.host, port };
}
