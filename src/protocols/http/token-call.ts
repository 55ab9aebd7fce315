/** Asks a token endpoint by the same way as any request goes: measured, under the name `token`. */
import { randomUUID } from 'node:crypto';
import { HttpBits, HttpMail } from '../../../runtime/contract/ops.ts';
import { policyOf, type RetryPolicy, readBackoff } from '../../citizen/backoff.ts';
import {
  readTokenAnswer,
  type TokenClientSpec,
  type TokenOutcome,
  tokenCredentials,
  tokenForm,
} from '../../citizen/token-client.ts';
import type { DeliveryItem, ProtocolHost } from '../contract.ts';
import { Failure } from './failure.ts';
import { sharedOf } from './http.ts';
import { noParams } from './params.ts';
import { HttpSession } from './session.ts';
import { type Target, targetOf } from './target.ts';

const onlyRequest = 1;
const retryDefault = readBackoff('fullJitter', { max: 3 });

/** Gives a token or a sentence, and never anything secret in the sentence. */
export async function callToken(
  host: ProtocolHost,
  spec: TokenClientSpec,
  user: Readonly<Record<string, string>>,
): Promise<TokenOutcome> {
  let target: Target;
  try {
    target = targetOf(spec.tokenUrl);
  } catch (thrown) {
    return { error: `POST ${spec.tokenUrl}: ${(thrown as Failure).message}` };
  }
  let deliver: (item: DeliveryItem) => void = () => undefined;
  const session = new HttpSession(
    quietHost(host, (item) => deliver(item)),
    sharedOf(host.settings, host.clock),
  );
  const basic = tokenCredentials(spec);
  const policy = spec.retry === undefined ? retryDefault : policyOf(spec.retry, 'oauth');
  // Asking twice for a token harms nobody; there are few of these calls, so they need no budget.
  const retry: RetryPolicy = { ...policy, methods: ['POST'], budget: undefined };
  const item = await new Promise<DeliveryItem>((resolve) => {
    deliver = resolve;
    session.launch(onlyRequest, 'POST', target, Buffer.from(tokenForm(spec, user), 'utf8'), {
      ...noParams,
      headers: [
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['Accept', 'application/json'],
        ...(basic === undefined ? [] : [['Authorization', basic] as const]),
      ],
      name: 'token',
      op: `${host.vuId}-token-${randomUUID().slice(0, 8)}`,
      timeoutMs: spec.timeoutMs,
      redirects: 0,
      responseType: 'text',
      throws: false,
      terms: { retry, auth: undefined, limiters: [], idempotencyKey: undefined },
    });
  });
  const status = (item.numbers?.[HttpMail.bits] ?? 0) & HttpBits.status;
  const body = status === 0 ? undefined : session.kept.get(onlyRequest).body;
  session.dispose();
  const outcome =
    status === 0
      ? { error: item.text ?? 'no answer' }
      : readTokenAnswer(status, Buffer.from(body ?? []).toString('utf8'));
  return 'error' in outcome ? { error: `POST ${spec.tokenUrl}: ${outcome.error}` } : outcome;
}

/** The host of one token call: it counts, and logs nothing, because what it sends and hears is secret. */
function quietHost(host: ProtocolHost, deliver: (item: DeliveryItem) => void): ProtocolHost {
  const { recorder, builtins } = host;
  return {
    vuId: host.vuId,
    settings: host.settings,
    recorder: {
      add(metric, tags, value, wallMs) {
        recorder.add(metric, tags, value, wallMs);
        if (metric === builtins.http_reqs) {
          recorder.add(builtins.token_requests, tags, value, wallMs);
        }
      },
    },
    builtins,
    attempts: host.attempts,
    scenarioName: host.scenarioName,
    sessionId: undefined,
    clock: host.clock,
    tags: () => host.tags(),
    takeWaited: () => undefined,
    mayUseNetwork: () => true,
    deliver(item) {
      deliver(item);
      return true;
    },
    onDrain: () => undefined,
    countBytes: (sent, received) => host.countBytes(sent, received),
    afterTurns: (departure) => host.afterTurns(departure),
    log: () => undefined,
    citizen: host.citizen,
    token: (client, user) => host.token(client, user),
    random: () => host.random(),
    gauges: host.gauges,
  };
}
