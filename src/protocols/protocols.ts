/** Every protocol a script can speak. To add one: its room, its guest half, its line here. */
import type { Protocol } from './contract.ts';
import { http } from './http/http.ts';
import { webSockets } from './websocket/websocket.ts';

export const protocols: readonly Protocol[] = [http, webSockets];
