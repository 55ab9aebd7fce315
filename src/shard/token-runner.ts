import type { TokenClientSpec, TokenOutcome } from '../citizen/token-client.ts';
import type { ProtocolHost } from '../protocols/contract.ts';
import { callToken } from '../protocols/http/token-call.ts';
import type { VuEnvironment } from '../vu/contract.ts';

/** Asks a token endpoint for all VUs of the run, as none of them. */
export async function fetchSharedToken(
  env: VuEnvironment,
  spec: TokenClientSpec,
): Promise<TokenOutcome> {
  const { attempts, clock, recorder, builtins, citizen, runTags } = env;
  const count = (name: 'data_sent' | 'data_received', bytes: number): void => {
    if (bytes > 0) recorder.add(builtins[name], runTags, bytes, clock.wall(clock.now()));
  };
  const host: ProtocolHost = {
    vuId: 0,
    settings: env.settings,
    recorder,
    builtins,
    clock,
    attempts,
    scenarioName: '',
    sessionId: undefined,
    tags: () => runTags,
    takeWaited: () => undefined,
    mayUseNetwork: () => true,
    deliver: () => true,
    onDrain: () => undefined,
    countBytes(sent, received) {
      count('data_sent', sent);
      count('data_received', received);
    },
    afterTurns: (departure) => departure.depart(),
    log: () => undefined,
    citizen,
    token: () => {
      throw new Error('a token call carries no token');
    },
    random: citizen.randomOf(0),
    gauges: env.gauges,
  };
  return callToken(host, spec, {});
}
