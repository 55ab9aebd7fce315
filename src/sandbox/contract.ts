/** What crosses the wall, as the host sees it. */

/** Arguments of one op. Reading copies; nothing here may be kept after the handler returned. */
export interface OpArgs {
  readonly count: number;
  /** Whatever it is. */
  value(index: number): number | string | boolean | Uint8Array | undefined;
  isUndefined(index: number): boolean;
  isString(index: number): boolean;
  number(index: number): number;
  boolean(index: number): boolean;
  string(index: number): string;
  /** undefined when the argument is undefined or absent. */
  optionalString(index: number): string | undefined;
  /** A copy of an ArrayBuffer argument. */
  bytes(index: number): Uint8Array;
}

export type OpResult = number | string | boolean | Uint8Array | undefined;
