/** Which questions of init code have the same answer for every VU. */
import { Fact, Op } from '../../runtime/contract/ops.ts';
import type { ForkRule } from '../sandbox/template.ts';

const free: ReadonlySet<number> = new Set([
  Op.open,
  Op.initSleep,
  Op.fileHold,
  Op.fileRead,
  Op.csvRead,
  Op.urlParse,
  Op.urlSet,
  Op.sharedFind,
  Op.sharedNew,
  Op.sharedGet,
  Op.tagList,
  Op.hash,
  Op.hmac,
  Op.certificateParse,
  Op.secret,
  Op.htmlReady,
  Op.htmlWalk,
  Op.htmlRead,
  Op.backoffNew,
  Op.limiterNew,
  Op.tokenClientNew,
]);

/** What leaves something with the VU's host, or with the user's eyes, and is wanted for each VU. */
const replayed: ReadonlySet<number> = new Set([
  Op.log,
  Op.returned,
  Op.metricNew,
  Op.httpExpect,
  Op.cookieJarNew,
  Op.cookieSet,
  Op.cookieDelete,
  Op.htmlParse,
  Op.htmlRelease,
]);

export const forkRule: ForkRule = (code, args) => {
  if (free.has(code)) return 'free';
  if (replayed.has(code)) return 'replay';
  if (code === Op.factText && args.number(0) === Fact.env) return 'free';
  return 'bound';
};
