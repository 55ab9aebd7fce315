import type { ProtocolFactory, ProtocolSettings } from '../contract.ts';
import { Dialer } from './dialer.ts';
import type { KeptBudget } from './kept-response.ts';
import { RateGate } from './rate-gate.ts';
import { HttpSession } from './session.ts';

interface Shared {
  dialer: Dialer;
  rateGate: RateGate | undefined;
  /** Bytes of responses kept for scripts to read, over all VUs. */
  keptBudget: KeptBudget;
}

// A shard's VUs have one settings object between them, and with it certificates and the pace.
const sharedBySettings = new WeakMap<ProtocolSettings, Shared>();

/**
 * HTTP/1.1 for one VU. Throws a `UserError` when certificates or `hosts` of the options cannot be
 * used.
 */
export const createHttp: ProtocolFactory = (host) => {
  const { settings } = host;
  let shared = sharedBySettings.get(settings);
  if (shared === undefined) {
    shared = {
      dialer: new Dialer(settings),
      rateGate: settings.rps > 0 ? new RateGate(settings.rps, host.clock) : undefined,
      keptBudget: { bytes: 0 },
    };
    sharedBySettings.set(settings, shared);
  }
  return new HttpSession(host, shared.dialer, shared.rateGate, shared.keptBudget);
};
