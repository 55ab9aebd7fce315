import http from 'k6/http';

const B = __ENV.BASE;
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
async function one(n) {
  console.log('one', n);
  const r = http.get(B + 'sync' + n);
  await pause(1);
  const s = await http.asyncRequest('GET', B + 'async' + n);
  console.log('done', n, r.status, s.status);
  return n;
}
async function* notWaiting() {
  yield 1;
  yield 2;
}
export default async function () {
  console.log(await Promise.race([one(1), new Promise(() => {})]));
  try {
    await Promise.all([Promise.reject(new Error('x')), null]);
  } catch (e) {
    console.log(e.message, http.get(B + 'after').status);
  }
  const settled = await Promise.allSettled([
    (async () => {
      http.get(B + 's1');
      throw new Error('s');
    })(),
    2,
  ]);
  console.log(settled.map((s) => s.status).join());
  const ret = await (async () => {
    try {
      return await one(0);
    } finally {
      console.log('fin', http.get(B + 'fin').status);
    }
  })();
  console.log(ret);
  await (async () => {
    for (let i = 0; i < 2; i++) {
      if (i) continue;
      await null;
      http.get(B + 'loop' + i);
    }
  })();
  for await (const v of notWaiting()) console.log(v);
}
