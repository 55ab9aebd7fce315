import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { messageOf } from '../errors.ts';
import { limits } from '../limits.ts';
import { shownUrl, type Variables } from './variables.ts';

/** How a receiver is authenticated, and how we are. */
export interface PostTls {
  insecure: boolean;
  /** PEM. */
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}

/** Posts to one receiver, over connections of its own. */
export class HttpPost {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;

  constructor(url: URL, headers: Readonly<Record<string, string>>, tls: PostTls) {
    const { username, password } = url;
    this.#url = new URL(url);
    this.#url.username = '';
    this.#url.password = '';
    this.#headers =
      username === ''
        ? headers
        : { ...basicAuth(decodeURIComponent(username), decodeURIComponent(password)), ...headers };
    const { insecure, ...pem } = tls;
    this.#agent = new Agent({
      connections: 4,
      connect: {
        rejectUnauthorized: !insecure,
        ...Object.fromEntries(Object.entries(pem).filter(([, text]) => text !== undefined)),
      },
    });
  }

  /** Resolves when the receiver took it. Throws an Error with the reason otherwise. */
  async send(body: Uint8Array | string, signal: AbortSignal, path = this.#url): Promise<void> {
    const { statusCode, body: answer } = await request(path, {
      method: 'POST',
      headers: this.#headers,
      body,
      signal,
      dispatcher: this.#agent,
    });
    if (statusCode >= 200 && statusCode < 300) {
      await answer.dump();
      return;
    }
    let text = '';
    for await (const chunk of answer) {
      text += (chunk as Buffer).toString();
      if (text.length >= limits.outputAnswerBytes) break;
    }
    const said = text.trim().split('\n')[0]?.slice(0, 300) ?? '';
    throw new Error(`it answered ${statusCode}${said === '' ? '' : `: ${said}`}`);
  }

  get shown(): string {
    return shownUrl(this.#url);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

export function basicAuth(username: string, password: string): Record<string, string> {
  const word = Buffer.from(`${username}:${password}`).toString('base64');
  return { authorization: `Basic ${word}` };
}

/** The text of a file a variable names. Throws a UserError when it cannot be read. */
export function fileOf(variables: Variables, suffix: string): string | undefined {
  const path = variables.text(suffix);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw variables.wrong(suffix, `names '${path}', which cannot be read: ${messageOf(thrown)}`);
  }
}
