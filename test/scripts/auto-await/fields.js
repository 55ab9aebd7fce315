import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
class Page {
  load = (path) => { this.body = http.get(B + path).body; return this; };
  #count = 0;
  #fetch(path) { this.#count++; return http.get(B + path).body; }
  get #hidden() { return this.#fetch('hidden'); }
  static #shared(path) { return http.get(B + path).body; }
  read(path) { return this.#fetch(path) + this.#count + this.#hidden; }
  static read(path) { return Page.#shared(path); }
  pass(list) { return list.map(this.#bound); }
  #bound = (x) => this.#fetch('bound' + x);
  value() { const f = this.#fetch; return f.call(this, 'called'); }
  maybe(o) { return o?.#fetch('opt'); }
  async #later(p) { return this.#fetch(p); }
}
export default function () {
  const p = new Page();
  console.log(p.load('a').body, p.read('b'), Page.read('c'));
  console.log(p.pass([1, 2]).join(), p.value(), p.maybe(p), p.maybe(null));
}
