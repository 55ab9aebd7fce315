/** What a response of `k6/http` has for pages: the same as others, but its methods block. */
import { formOf, install as installAsync, linkOf, type Way } from '../modules/http-html.ts';
import { Response, type ResponseType } from '../modules/http-response.ts';
import { pauseSelections } from './html-callbacks.ts';
import { answered, answerWith, send } from './http.ts';
import { blocking } from './wait.ts';

type AnyResponse = Response<ResponseType>;

function wait(what: string, [method, url, body, params]: Way): unknown {
  return send(what, method, url, body, params);
}

export function install(): void {
  installAsync();
  pauseSelections();
  class BlockingResponse<T extends ResponseType> extends Response<T> {}
  const own = {
    submitForm: blocking(function* submitForm(this: AnyResponse, submit: never) {
      return answered(yield wait('res.submitForm()', formOf(this, submit)));
    }),
    clickLink: blocking(function* clickLink(this: AnyResponse, click: never) {
      return answered(yield wait('res.clickLink()', linkOf(this, click)));
    }),
  };
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(BlockingResponse.prototype, name, {
      value,
      writable: true,
      configurable: true,
    });
  }
  answerWith(BlockingResponse);
}
