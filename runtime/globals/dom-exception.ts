/** `DOMException`: the engine has it; this is its type and the way our own code makes one. */
export interface DOMException extends Error {
  /** The old number of the name, 0 when it has none. */
  readonly code: number;
}
export interface DOMExceptionConstructor {
  new (message?: string, name?: string): DOMException;
  readonly prototype: DOMException;
}

/** A DOMException with this name, such as 'AbortError'. */
export function domException(message: string, name: string): DOMException {
  const { DOMException } = globalThis as unknown as { DOMException: DOMExceptionConstructor };
  return new DOMException(message, name);
}
