/**
 * The turns of a shard's VUs, taken together. Sockets and timers only fill inboxes; once Node has read
 * whatever was there to read, all VUs that heard something take their turns, one after the other, and
 * then what they asked for goes out. So arrivals are stamped before any script runs, and the engine
 * stays in the processor's caches from one VU to the next: alternating between reading, running and
 * writing for every single response cost half as much again.
 */
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import type { Departure } from '../protocols/contract.ts';

/** Somebody with a turn to take. */
export interface Taker {
  takeTurn(): void;
  /** The round in which it was last given a second turn; kept by `Turns`. */
  secondTurn: number;
}

export class Turns {
  readonly #clock: Clock;
  /** Who takes a turn in the next round. */
  #waiting: Taker[] = [];
  #round: Taker[] | undefined;
  #roundNumber = 0;
  #departures: Departure[] = [];
  #scheduled = false;
  readonly #run = (): void => this.#runRound();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rounds that were begun. */
  get rounds(): number {
    return this.#roundNumber;
  }

  /**
   * Gives a turn, soon. Who asks during a round, because its iteration ended and the next may begin,
   * gets one more in the same round; a script that waits for nothing cannot keep the round going.
   */
  ask(taker: Taker): void {
    if (this.#round !== undefined && taker.secondTurn !== this.#roundNumber) {
      taker.secondTurn = this.#roundNumber;
      this.#round.push(taker);
      return;
    }
    this.#waiting.push(taker);
    this.#schedule();
  }

  /** Lets something go out: after some more turns while a round is run, else at once. */
  afterTurns(departure: Departure): void {
    if (this.#round === undefined) departure.depart();
    else this.#departures.push(departure);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  #runRound(): void {
    this.#scheduled = false;
    const round = this.#waiting;
    this.#waiting = [];
    this.#round = round;
    this.#roundNumber++;
    const end = this.#clock.now() + limits.roundMs;
    let next = 0;
    while (next < round.length) {
      (round[next++] as Taker).takeTurn();
      if (next % limits.turnsPerDeparture !== 0) continue;
      this.#depart();
      // Sockets are read again before the rest of a long round.
      if (this.#clock.now() > end) break;
    }
    this.#round = undefined;
    this.#depart();
    if (next < round.length) this.#waiting = round.slice(next).concat(this.#waiting);
    if (this.#waiting.length > 0) this.#schedule();
  }

  #depart(): void {
    const departures = this.#departures;
    if (departures.length === 0) return;
    this.#departures = [];
    for (let i = 0; i < departures.length; i++) (departures[i] as Departure).depart();
  }
}
