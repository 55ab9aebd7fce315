import type { Clock } from '../../clock.ts';
import type { Protocol, ProtocolSettings } from '../contract.ts';
import { Dialer } from './dialer.ts';
import { RateGate } from './rate-gate.ts';
import { HttpSession, type HttpShared } from './session.ts';

// A shard's VUs have one settings object between them, and with it certificates and the pace.
const sharedBySettings = new WeakMap<ProtocolSettings, HttpShared>();

/** What the VUs of a shard have together; they have one settings object between them, too. */
export function sharedOf(settings: ProtocolSettings, clock: Clock): HttpShared {
  let shared = sharedBySettings.get(settings);
  if (shared === undefined) {
    shared = {
      dialer: new Dialer(settings),
      rateGate: settings.rps > 0 ? new RateGate(settings.rps, clock) : undefined,
      keptBudget: { bytes: 0 },
    };
    sharedBySettings.set(settings, shared);
  }
  return shared;
}

/** HTTP/1.1. Certificates or `hosts` of the options that cannot be used are a `UserError`. */
export const http: Protocol = {
  ops: HttpSession.ops,
  prepare: sharedOf,
  open: (host) => new HttpSession(host, sharedOf(host.settings, host.clock)),
};
