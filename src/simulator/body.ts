import type { IncomingMessage } from 'node:http';
import { limits } from '../limits.ts';

/** The body as text; `too-large` beyond the limit, `aborted` when the client leaves on the way. */
export async function readBody(
  request: IncomingMessage,
): Promise<{ text: string } | 'too-large' | 'aborted'> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= limits.simulatorBodyBytes) chunks.push(chunk);
      else chunks.length = 0;
    }
  } catch {
    return 'aborted';
  }
  if (size > limits.simulatorBodyBytes) return 'too-large';
  return { text: Buffer.concat(chunks).toString() };
}
