/** Who hears what the host tells of WebSockets: several modules make them, and each knows its own. */
import { Delivery } from '../contract/ops.ts';
import { onDelivery } from '../host.ts';

/** Returns false when the connection with this id is none of its module's. */
export type SocketHearer = (
  kind: number,
  id: number,
  payload: string | ArrayBuffer | undefined,
) => boolean;

const hearers: SocketHearer[] = [];

/** Called by a module at its first connection, so that bundles can leave out what is not used. */
export function hearSockets(hearer: SocketHearer): void {
  if (hearers.push(hearer) > 1) return;
  for (const kind of [
    Delivery.wsOpen,
    Delivery.wsText,
    Delivery.wsBytes,
    Delivery.wsPong,
    Delivery.wsError,
    Delivery.wsClose,
    Delivery.wsDrained,
  ]) {
    onDelivery(kind, (id, payload) => {
      for (let i = 0; i < hearers.length; i++) {
        if ((hearers[i] as SocketHearer)(kind, id, payload)) return;
      }
    });
  }
}
