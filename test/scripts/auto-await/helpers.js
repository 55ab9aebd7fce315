import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
function fetch(path, tries = 1) {
  const res = http.get(`${B}${path}`);
  return res.status === 200 || tries === 0 ? res : fetch(path + '/again', tries - 1);
}
const twice = (path) => fetch(path).body + '|' + fetch(path).body;
const named = function (path) { return twice(path).length; };
export default function () {
  console.log(fetch('a').body);
  console.log(fetch('status/404').status);
  console.log(twice('b'));
  console.log(named('c'), named.name, twice.name, fetch.name, fetch.length, named.length);
}
