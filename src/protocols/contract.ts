/**
 * What a protocol asks of the virtual user it works for, and what it offers in return. A protocol
 * room owns sockets and nothing else: it measures, records, and puts deliveries into the inbox.
 */

import type { DeliveryKind } from '../../runtime/contract/ops.ts';
import type { Attempts } from '../attempts/contract.ts';
import type { Citizen } from '../citizen/citizen.ts';
import type { TokenHolder } from '../citizen/token-holder.ts';
import type { Clock } from '../clock.ts';
import type { LogLevelName } from '../log.ts';
import type { Builtins, Recorder, TagSet } from '../metrics/contract.ts';
import type { OpArgs, OpResult } from '../sandbox/contract.ts';
import type { NetworkConfig } from '../script/config.ts';

export type { OpArgs, OpResult } from '../sandbox/contract.ts';

/** One thing the guest is to hear. At most one of text, utf8 and bytes is given. */
export interface DeliveryItem {
  kind: DeliveryKind;
  id: number;
  /** Written to the mail from `Mail.payload` on. */
  numbers?: readonly number[];
  text?: string;
  /** A text as it came: valid UTF-8 without NUL. */
  utf8?: Uint8Array;
  bytes?: Uint8Array;
}

/** Consolidated options that protocols read; the same object for all VUs of a shard. */
export interface ProtocolSettings extends NetworkConfig {
  /** Requests a second this shard may send, or 0 for no bound. */
  rps: number;
  systemTags: ReadonlySet<string>;
  /** Why nothing may be sent to a host without its owner's word, or undefined when it may. */
  guard: { refusal(hostname: string): string | undefined };
  /** Ends the run: a script tried to reach such a host. */
  unauthorized(sentence: string): void;
}

/** The VU, as a protocol sees it. */
export interface ProtocolHost {
  readonly vuId: number;
  readonly settings: ProtocolSettings;
  readonly recorder: Recorder;
  readonly builtins: Builtins;
  /** Where the terminal record of each attempt goes. */
  readonly attempts: Attempts;
  /** The scenario the VU works in right now, empty in a lifecycle function. */
  readonly scenarioName: string;
  /** The session the script is in, as `name#vu-number`: what it begins now is a part of it. */
  readonly sessionId: string | undefined;
  readonly clock: Clock;
  /** Tags every sample of this VU carries right now (run, scenario, group, the VU's own). */
  tags(): TagSet;
  /**
   * Asked by each request as it is made: for the first of an iteration of an open model, how many
   * milliseconds the iteration waited for a free VU; undefined for every other.
   */
  takeWaited(): number | undefined;
  /** False in the init context, where nothing may touch the network. */
  mayUseNetwork(): boolean;
  /** Puts a delivery into the VU's inbox. Returns false when the inbox is full: pause the source. */
  deliver(item: DeliveryItem): boolean;
  /** Called once when the inbox has drained after `deliver` returned false. */
  onDrain(callback: () => void): void;
  /** Bytes on the wire, for data_sent and data_received. */
  countBytes(sent: number, received: number): void;
  /** Lets something go out once the VUs whose turn it is have run, or at once when none is running. */
  afterTurns(departure: Departure): void;
  log(level: LogLevelName, message: string, fields?: Record<string, string>): void;
  /** Limits, tokens and budgets all VUs share. */
  readonly citizen: Citizen;
  /** The token of a client the script declared; of this VU's own user when `user` is given. */
  token(client: number, user: Readonly<Record<string, string>> | undefined): TokenHolder;
  /** From 0 to below 1, the same sequence in every run with the same seed. */
  random(): number;
  /** What the shard's VUs share: sockets open now and so on, for the live view. */
  readonly gauges: ProtocolGauges;
}

/** Something that waits to be sent. */
export interface Departure {
  depart(): void;
}

/** Counts of the shard, kept by protocols, read once a second. */
export interface ProtocolGauges {
  httpInFlight: number;
  wsOpen: number;
  wsConnecting: number;
}

/**
 * What answers an op: one function for all VUs, handed the state of the one that asks. It may throw a
 * `GuestError`, which is thrown in the script; anything else it throws is our bug and ends the VU with
 * a message that says so.
 */
export type OpHandler<State> = (state: State, args: OpArgs) => OpResult;

/** Handlers by op code. Tables belong to the process, so that a VU keeps nothing but state. */
export type OpTable<State> = Readonly<Record<number, OpHandler<State>>>;

/** A protocol a script can speak. */
export interface Protocol {
  /** They are given sessions that `open` made, which the type of a list of protocols cannot say. */
  readonly ops: OpTable<never>;
  /** Makes what all VUs of a shard share. Throws a `UserError` when the options cannot be used. */
  prepare?(settings: ProtocolSettings, clock: Clock): void;
  /** Begins a VU's session, when its script first asks for one of the ops. */
  open(host: ProtocolHost): ProtocolSession;
}

/** A protocol's share of one VU. */
export interface ProtocolSession {
  /** A new iteration of the VU begins (k6 resets the cookie jar here). */
  iterationStarted(): void;
  /** The iteration is over; `interrupted` when it was cut off. Sockets of it are to be closed then. */
  iterationEnded(interrupted: boolean): void;
  /** The iteration ended before it was told this; what outlives it may tell it to the next. */
  unheard?(item: DeliveryItem): void;
  /** The VU leaves its scenario and iterates no more in it. */
  scenarioEnded?(): void;
  /** The VU ends: give up everything, record what is open as ended, deliver nothing more. */
  dispose(): void;
}
