import http, { del, head, options as ask, patch, put, request } from 'k6/http';

export default function () {
  const url = `${__ENV.HTTP}/m`;
  console.log(JSON.stringify(head(url).body));
  http.post(url, 'a');
  put(url, 'b');
  patch(url, 'c');
  del(url, 'd');
  ask(url, 'e');
  request('PROPFIND', url, 'f');
  http.post(url);
  http.del(url, null);
}
