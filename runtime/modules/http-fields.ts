/**
 * The fields of a response as own properties, for scripts that look for its keys, copy it or assign to it.
 * Having them in every response would cost more than all the rest of it, so that a proxy makes them when
 * it is asked; reading one goes past it to the response at little more than the usual price.
 */
import { answerBehind } from './http-request.ts';
import type { Response, ResponseType } from './http-response.ts';

type AnyResponse = Response<ResponseType>;

function makeOwn(response: AnyResponse): void {
  if (Object.hasOwn(response, 'status')) return;
  for (const [name, value] of Object.entries(response.toJSON())) {
    Object.defineProperty(response, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}

/** Gives responses their fields. */
export function install(): void {
  answerBehind({
    ownKeys(response) {
      makeOwn(response);
      return Object.keys(response);
    },
    getOwnPropertyDescriptor(response, key) {
      if (typeof key === 'string') makeOwn(response);
      return Reflect.getOwnPropertyDescriptor(response, key);
    },
    set(response, key, value) {
      if (typeof key === 'string') makeOwn(response);
      return Reflect.set(response, key, value);
    },
  });
}
