/** `vurun/secrets`: what `--secret-source` keeps for the script. The log shows none of the values. */
import { Op } from '../contract/ops.ts';
import { nameText } from '../globals/arguments.ts';
import { op } from '../host.ts';

export interface SecretSource {
  /** The secret with this key. Rejects when there is none. */
  get(key: string): Promise<string>;
}
export interface Secrets extends SecretSource {
  /** A source by its name. Throws when there is none. */
  source(name: string): SecretSource;
}

async function ask(key: string, source: string | undefined): Promise<string> {
  return op(Op.secret, nameText(String(key)), source) as string;
}

/** The default source, and all others by their names. */
const secrets: Secrets = {
  get: (key) => ask(key, undefined),
  source(name) {
    const known = nameText(String(name));
    op(Op.secret, undefined, known);
    return { get: (key) => ask(key, known) };
  },
};
export default secrets;
