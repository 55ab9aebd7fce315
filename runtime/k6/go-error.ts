/** An error as k6's own functions throw it. */
export function goError(message: string): Error {
  const error = new Error(message);
  error.name = 'GoError';
  return error;
}
