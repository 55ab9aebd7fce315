/** Retries that spread out: full jitter, and never sooner than the platform asked for. */
import { sleep } from 'vurun';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
}

const baseSeconds = 1;
const capSeconds = 60;

/** Calls `send` until the answer is no 429 or 503, at most `attempts` times; gives the last answer. */
export async function withBackoff<T extends Answer>(
  send: () => Promise<T>,
  attempts = 5,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const answer = await send();
    const isBusy = answer.status === 429 || answer.status === 503;
    if (!isBusy || attempt === attempts - 1) return answer;
    const asked = Number(answer.headers['Retry-After'] ?? 0);
    const jitter = Math.random() * Math.min(capSeconds, baseSeconds * 2 ** attempt);
    await sleep((Number.isFinite(asked) ? asked : 0) + jitter);
  }
}
