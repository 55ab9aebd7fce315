/** The ops of `vurun/crypto`, of `crypto.subtle` and of `vurun/secrets`. */
import { Delivery, Op, SubtleOutcome } from '../../runtime/contract/ops.ts';
import { parseCertificate } from '../crypto/certificate.ts';
import { encoder, hash, hmac } from '../crypto/digest.ts';
import { callSubtle, type SubtleAnswer } from '../crypto/subtle.ts';
import { GuestError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { DeliveryItem, OpArgs, OpTable } from '../protocols/contract.ts';
import type { HostSession } from './host-ops.ts';

function textOrBytes(args: OpArgs, index: number): string | Uint8Array {
  return args.isString(index) ? args.string(index) : args.bytes(index);
}

function delivery(id: number, answer: SubtleAnswer): DeliveryItem {
  const item = { kind: Delivery.subtle, id };
  if ('bytes' in answer) return { ...item, numbers: [SubtleOutcome.bytes], bytes: answer.bytes };
  return 'json' in answer
    ? { ...item, numbers: [SubtleOutcome.value], text: answer.json }
    : { ...item, numbers: [SubtleOutcome.error], text: JSON.stringify(answer.error) };
}

export const cryptoOps: OpTable<HostSession> = {
  [Op.hash]: (_vu, args) => {
    const encode = encoder(args.string(1));
    return encode(hash(args.string(0), textOrBytes(args, 2)));
  },
  [Op.hmac]: (_vu, args) => {
    const encode = encoder(args.string(1));
    return encode(hmac(args.string(0), textOrBytes(args, 2), textOrBytes(args, 3)));
  },
  [Op.certificateParse]: (_vu, args) => JSON.stringify(parseCertificate(args.string(0))),
  [Op.subtle]: (vu, args) => {
    if (vu.subtleCalls >= limits.pendingOpsPerVu) {
      throw new GuestError(
        `a VU may have ${limits.pendingOpsPerVu} calls of crypto.subtle under way; await some of them first`,
      );
    }
    const id = args.number(0);
    const blocks = Array.from({ length: args.count - 3 }, (_, index) => args.bytes(index + 3));
    const bytes = blocks.reduce((sum, block) => sum + block.length, 0);
    if (vu.subtleBytes + bytes > limits.subtlePendingBytes) {
      throw new GuestError(
        `calls of crypto.subtle under way hold ${vu.subtleBytes} bytes, and ${limits.subtlePendingBytes} is the most; await some of them first`,
        'RangeError',
      );
    }
    vu.subtleCalls++;
    vu.subtleBytes += bytes;
    void callSubtle(args.string(1), args.string(2), blocks).then((answer) => {
      vu.subtleCalls--;
      vu.subtleBytes -= bytes;
      vu.listener.deliver(delivery(id, answer));
    });
  },
  [Op.secret]: ({ env: { secrets } }, args) => {
    const wanted = args.optionalString(1);
    const name = wanted ?? secrets.defaultSource;
    const source = name === undefined ? undefined : secrets.sources[name];
    if (source === undefined) {
      throw new GuestError(
        Object.keys(secrets.sources).length === 0
          ? 'no secret sources are configured; name one with --secret-source'
          : wanted === undefined
            ? "there are several secret sources and none of them is the default; mark one with 'default'"
            : `there is no secret source '${wanted}'; there is ${Object.keys(secrets.sources).join(', ')}`,
      );
    }
    const key = args.optionalString(0);
    if (key === undefined) return undefined;
    if (!Object.hasOwn(source, key)) throw new GuestError(`no value for the secret '${key}'`);
    return source[key];
  },
};
