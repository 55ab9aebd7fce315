import http from 'k6/http';

const B = __ENV.BASE;
async function* numbers() {
  try {
    yield 1;
    yield Promise.resolve(2);
    yield 3;
  } finally {
    console.log('closed');
  }
}
export default async function () {
  for await (const p of [Promise.resolve(1), 2]) console.log(http.get(B + p).body);
  outer: for await (const n of numbers()) {
    if (n === 1) continue outer;
    console.log(n, http.get(B + 'n' + n).status);
    if (n === 2) break;
  }
  try {
    for await (const n of numbers()) throw new Error('at ' + n + http.get(B + 'throw').status);
  } catch (e) {
    console.log(e.message);
  }
}
