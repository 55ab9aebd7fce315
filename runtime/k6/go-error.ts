/** A function whose errors have the name that errors of k6's own functions have. */
export function asGo<A extends unknown[], R>(own: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    try {
      return own(...args);
    } catch (thrown) {
      if (thrown instanceof Error) thrown.name = 'GoError';
      throw thrown;
    }
  };
}

/** An error as k6's own functions throw it. */
export function goError(message: string): Error {
  const error = new Error(message);
  error.name = 'GoError';
  return error;
}
