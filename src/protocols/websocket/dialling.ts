/**
 * One WebSocket of a script that has terms: it waits for its token and its turn, and dials again while
 * its policy lets it. The script hears of the last attempt only.
 */
import { Delivery, type WsEnd, type WsFault } from '../../../runtime/contract/ops.ts';
import { causes } from '../../attempts/cause.ts';
import { GuestError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { DeliveryItem, ProtocolHost } from '../contract.ts';
import { Courtesy } from '../courtesy.ts';
import { failureNameOf } from '../failure-name.ts';
import type { Terms } from '../terms.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import type { DialPlan } from './dial-plan.ts';
import { type Fault, givenUpFault, notDialledFault } from './fault.ts';

export interface DiallingOwner extends ConnectionOwner {
  /** An attempt begins. */
  dialled(connection: Connection): void;
  /** An attempt is over, and there will be another. */
  dropped(connection: Connection, dialling: Dialling): void;
  /** It is over without a connection. */
  gaveUp(dialling: Dialling): void;
}

export class Dialling implements ConnectionOwner {
  readonly id: number;
  readonly host: ProtocolHost;
  readonly #owner: DiallingOwner;
  readonly #plan: DialPlan;
  readonly #courtesy: Courtesy;
  readonly #begun: number;
  #attempt = 0;
  /** The script's call has not returned yet: what is wrong with its arguments is thrown in it. */
  #isCalled = true;

  /** Throws `GuestError` for what a dial cannot be made with. */
  constructor(owner: DiallingOwner, id: number, plan: DialPlan, terms: Terms) {
    this.id = id;
    this.host = owner.host;
    this.#begun = this.host.clock.now();
    this.#owner = owner;
    this.#plan = plan;
    const { systemTags } = this.host.settings;
    let tags = this.host.tags();
    for (const [key, value] of Object.entries(plan.tags)) tags = tags.with(key, value);
    const label = (plan.name ?? plan.urlTag).slice(0, limits.tagLength);
    if (systemTags.has('name')) tags = tags.with('name', label);
    if (systemTags.has('url')) tags = tags.with('url', label);
    this.#courtesy = new Courtesy(this.host, terms, 'WS', tags);
  }

  /** Asks for admission, and dials then. */
  start(): void {
    this.#courtesy.admit(
      () => this.#dial(),
      (why) => this.#tellEnd(notDialledFault(why)),
    );
    this.#isCalled = false;
  }

  /** The script closed it while nothing was dialled, and is told; or it is gone. */
  giveUp(tell: boolean): void {
    this.#courtesy.stop();
    if (tell) this.#tellEnd(givenUpFault('the script', 'given-up'));
  }

  #dial(): void {
    const { token } = this.#courtesy;
    const { headers } = this.#plan;
    const { waited, asked } = this.#courtesy.waited;
    const plan = {
      ...this.#plan,
      headers:
        token === undefined || headers['authorization'] !== undefined
          ? headers
          : { ...headers, authorization: `Bearer ${token}` },
      op: `${this.host.vuId}-ws${this.id}`,
      attempt: ++this.#attempt,
      ...(waited !== undefined && { waitedMs: waited }),
      ...(asked !== undefined && { askedMs: asked }),
    };
    try {
      this.#owner.dialled(new Connection(this, this.id, plan));
    } catch (thrown) {
      this.#courtesy.stop();
      if (this.#isCalled || !(thrown instanceof GuestError)) throw thrown;
      this.#tellEnd(notDialledFault(thrown.message));
    }
  }

  #tellEnd({ cause, message, code, status }: Fault): void {
    this.#courtesy.stop();
    const { id } = this;
    const text = JSON.stringify({ message, code, status } satisfies WsFault);
    this.host.deliver({ kind: Delivery.wsError, id, text });
    const elapsed = this.host.clock.now() - this.#begun;
    const end: WsEnd = {
      cause,
      message,
      phase: 'connect',
      initiator: causes[cause].initiator,
      code: 0,
      reason: '',
      status,
      ageMs: elapsed,
      idleMs: elapsed,
      ids: {},
    };
    const told = this.#plan.session === undefined ? '' : JSON.stringify(end);
    this.host.deliver({ kind: Delivery.wsClose, id, numbers: [1006, 0], text: told });
    this.#owner.gaveUp(this);
  }

  // ConnectionOwner ---------------------------------------------------------------------------------

  deliver(connection: Connection, item: DeliveryItem): void {
    this.#owner.deliver(connection, item);
  }

  ended(connection: Connection): void {
    this.#courtesy.stop();
    this.#owner.ended(connection);
  }

  opened(connection: Connection): void {
    this.#courtesy.accepted(headerOf(connection));
  }

  failed(connection: Connection, fault: Fault): boolean {
    const outcome = {
      status: fault.status,
      failure: failureNameOf(fault.cause),
      header: headerOf(connection),
      body: () => connection.details?.body ?? '',
      authorized: true,
    };
    // Later, even when it is at once: first this attempt is put away.
    const again = this.#courtesy.ended(outcome, () => queueMicrotask(() => this.start()));
    if (again) this.#owner.dropped(connection, this);
    return again;
  }
}

function headerOf({ details }: Connection): (name: string) => string | undefined {
  return (name) => {
    const key = Object.keys(details?.headers ?? {}).find((one) => one.toLowerCase() === name);
    return key === undefined ? undefined : details?.headers[key];
  };
}
