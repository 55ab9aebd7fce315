/** What an attempt's record keeps of an answer, whatever the protocol. */
import { keptHeaders } from '../attempts/contract.ts';
import { limits } from '../limits.ts';

export interface AnswerFacts {
  headers?: Record<string, string>;
  ids?: Record<string, string>;
}

/** The headers that diagnosis reads, and those that identify the answer. Names and values come in turn. */
export function answerFacts(
  raw: readonly (string | Buffer)[],
  idHeaders: ReadonlySet<string>,
): AnswerFacts {
  let headers: Record<string, string> | undefined;
  let ids: Record<string, string> | undefined;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = text(raw[index]).toLowerCase();
    if (idHeaders.has(name)) (ids ??= {})[name] = cut(text(raw[index + 1]));
    else if (keptHeaders.has(name)) (headers ??= {})[name] = cut(text(raw[index + 1]));
  }
  return { ...(headers && { headers }), ...(ids && { ids }) };
}

/** `code` of a JSON error body, as platforms of this kind send it; undefined when there is none. */
export function bodyCode(body: string): string | undefined {
  if (body === '' || body.length > limits.attemptBodyBytes || !body.includes('"code"')) {
    return undefined;
  }
  try {
    const { code } = JSON.parse(body) as { code?: unknown };
    return typeof code === 'string' || typeof code === 'number' ? cut(String(code)) : undefined;
  } catch {
    return undefined;
  }
}

function text(value: string | Buffer | undefined): string {
  return typeof value === 'string' ? value : (value?.toString('latin1') ?? '');
}

const longest = 256;
function cut(value: string): string {
  return value.length > longest ? value.slice(0, longest) : value;
}
