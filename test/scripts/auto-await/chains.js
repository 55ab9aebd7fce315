import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const api = { get: (p) => http.get(B + p), none: null, deep: { get(p) { return this.tag + http.get(B + p).body; }, tag: 'T' } };
export default function () {
  console.log(api?.get?.('a').body, api.none?.get('b'), api.none?.x.y.z(api.get('never')), api.deep?.get('c'));
  console.log(api.get('d')?.body?.toUpperCase?.(), api.missing?.(api.get('e')), api.deep['get']?.('f'));
  const f = undefined; console.log(f?.(api.get('g')), (api?.deep).get('h'), api.deep?.['get']('i').length);
  console.log(delete api?.nothing, api.get?.call(null, 'j').status, (0, api.get)('k').status);
  console.log(http?.get(B + 'l')?.body, http['get'](B + 'm').status, http[['po', 'st'].join('')](B + 'n', 'body').body);
}
