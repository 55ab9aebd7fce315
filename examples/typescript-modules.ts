/**
 * TypeScript as it is: modules of your own, types, and JSON that is imported and type checked.
 *
 *   vurun run examples/typescript-modules.ts --sim healthy
 */
import { Counter, check, type Options } from 'vurun';
import menu from './data/menu.json' with { type: 'json' };
import { type Choice, pick } from './lib/menu.ts';
import { createCall, dial, fetchToken, stayFor, takeMenu } from './lib/platform.ts';

const choices = new Counter('choices');

export const options = { vus: 3, iterations: 6 } satisfies Options;

export const setup = fetchToken;

export default async function (token: string): Promise<void> {
  const created = await createCall(token);
  const ws = dial(created.json<string>('connectUri'), token);
  await ws.opened;
  const { digits, label }: Choice = pick(menu);
  await takeMenu(ws, digits, 0.1);
  choices.add(1, { label });
  check(await stayFor(ws, 100), { 'the call ends with code 1000': (code) => code === 1000 });
}
