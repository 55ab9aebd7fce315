/** Every protocol a script can speak. To add one: its room, its guest half, its line here. */
import type { ProtocolFactory } from './contract.ts';
import { createHttp } from './http/http.ts';
import { createWebSockets } from './websocket/websocket.ts';

export const protocols: readonly ProtocolFactory[] = [createHttp, createWebSockets];
