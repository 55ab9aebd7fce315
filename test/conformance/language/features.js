class Counter {
  #n = 0;
  static made = 0;
  static #secret = 's';
  constructor() {
    Counter.made++;
  }
  get n() {
    return this.#n;
  }
  up() {
    this.#n += 1_000;
    return Counter.#secret;
  }
}
export default async function () {
  const c = new Counter();
  console.log(c.up(), c.n, Counter.made, String(2n ** 70n), null ?? 'x', c?.y?.z);
  console.log([3, 1, 2].toSorted().join(), [1, 2].at(-1), [1, 2, 3].findLast((n) => n < 3));
  console.log(/(?<year>\d{4})/.exec('in 2026').groups.year, 'a1b2'.replace(/(?<=b)\d/, '!'));
  function* two() {
    yield 1;
    yield 2;
  }
  console.log([...two()].join(), await Promise.resolve('awaited'), new Proxy({}, { get: () => 7 }).any);
}
