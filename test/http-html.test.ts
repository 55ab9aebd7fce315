/** Forms and links of pages, in both styles, against a server that says what it heard. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadProgram } from '../src/script/load.ts';
import { type GuestRun, runGuest } from './support/guest.ts';

const controls = `<input name="q" value="v 1"><input type="hidden" name="token" value="ü&">
<input type="checkbox" name="yes" checked><input type="checkbox" name="no" value="1">
<input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked>
<select name="s"><option value="x">X<option value="y" selected>Y</select><select name="d"><option>first<option>second</select>
<select name="m" multiple><option selected>m1<option selected>m2<option>m3</select>
<textarea name="t">text</textarea><input name="off" value="1" disabled>
<input type="submit" name="go" value="Go"><button type="submit" name="other" value="Other">Other</button>`;
const all = 'd=first&go=Go&m=m1&m=m2&q=v+1&r=2&s=y&t=text&token=%C3%BC%26&yes=on';

const pages: Record<string, string> = {
  '/dir/page': `<a name="anchor">no link</a><a href="next?x=1#part">one</a><a class="abs" href="/abs">two</a>
<a class="up" href="../up">three</a><a class="bad" href="http://[">four</a><a class="away" href="/away">five</a>
<form id="get" action="search?keep=1&q=0">${controls}</form>
<form id="post" method="post" action="../save">${controls}</form>
<form id="here" method="POST"><input name="a" value="1"></form>
<form id="put" method="put" action="/put"><input name="a" value="1"></form>
<form id="away" method="post" action="/away"><input name="a" value="1"></form>
<form id="empty" action="/empty"></form>`,
};

let url = '';
let dir = '';
let heard: string[] = [];
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts).toString();
    const type = request.headers['content-type'];
    const { method = '', url: path = '' } = request;
    heard.push([method, path, ...(body === '' ? [] : [type, body])].join(' '));
    if (path === '/away') response.writeHead(302, { Location: '/landed' }).end();
    else if (path === '/none') response.writeHead(204).end();
    else response.end(pages[path] ?? `<p>${method}</p>`);
  });
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  dir = mkdtempSync(join(tmpdir(), 'vurun-html-'));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true });
});

async function runScript(script: string): Promise<GuestRun> {
  const path = join(dir, 'script.js');
  writeFileSync(path, script);
  const program = await loadProgram(path, dir);
  heard = [];
  return runGuest('', { program: { code: program.code, mapStack: (stack) => stack } });
}

interface Style {
  name: string;
  module: string;
  /** Before the function, and before each call that takes time. */
  async: string;
  wait: string;
}
const styles: Style[] = [
  { name: 'k6/http, where calls block', module: 'k6/http', async: '', wait: '' },
  { name: 'vurun/http', module: 'vurun/http', async: 'async ', wait: 'await ' },
];

describe.each(styles)('a page read with $name', ({ module, async, wait }) => {
  /** What each call of the page's response asked of the server, with its redirects. */
  async function asked(calls: readonly string[]): Promise<string[][]> {
    const lines = calls.map(
      (call) => `console.log('next'); try { const answer = ${wait}page.${call};
console.log(answer.status + ' ' + answer.html('p').text()); } catch (e) { console.log(e.message.replaceAll(url, '')); }`,
    );
    const requests: string[][] = [];
    const { logs, failures } = await runScript(`import http from '${module}';
const url = '${url}';
export default ${async}function () {
const page = ${wait}http.get(url + '/dir/page');
${lines.join('\n')}
}`);
    expect(failures).toEqual([]);
    expect(heard.shift()).toBe('GET /dir/page');
    for (const { text } of logs) {
      if (text === 'next') requests.push([]);
      else requests.at(-1)?.push(text);
    }
    return requests;
  }

  it('has its forms sent as they came', async () => {
    const type = 'application/x-www-form-urlencoded';
    const answers = await asked([
      `submitForm()`,
      `submitForm({ formSelector: '#post' })`,
      `submitForm({ formSelector: '#post', submitSelector: 'button' })`,
      `submitForm({ formSelector: '#post', submitSelector: 'none', fields: { q: 'mine', new: 5, m: ['a', 'b'] } })`,
      `submitForm({ formSelector: '#here' })`,
      `submitForm({ formSelector: '#put' })`,
      `submitForm({ formSelector: '#empty' })`,
    ]);
    expect(heard).toEqual([
      `GET /dir/search?${all.replace('&m=m1', '&keep=1&m=m1').replace('q=v+1', 'q=v+1&q=0')}`,
      `POST /save ${type} ${all}`,
      `POST /save ${type} ${all.replace('&go=Go', '').replace('&q=', '&other=Other&q=')}`,
      `POST /save ${type} d=first&m=a&m=b&new=5&q=mine&r=2&s=y&t=text&token=%C3%BC%26&yes=on`,
      `POST /dir/page ${type} a=1`,
      `PUT /put ${type} a=1`,
      'GET /empty',
    ]);
    expect(answers.slice(0, 2)).toEqual([['200 GET'], ['200 POST']]);
  });

  it('has its links followed', async () => {
    await asked([
      `clickLink()`,
      `clickLink({ selector: '.abs' })`,
      `clickLink({ selector: '.up' })`,
      `clickLink({ selector: 'a[href^="/"]', params: { headers: { a: 'b' } } })`,
    ]);
    expect(heard).toEqual(['GET /dir/next?x=1', 'GET /abs', 'GET /up', 'GET /abs']);
  });

  it('leads on through redirects, or not', async () => {
    const answers = await asked([
      `clickLink({ selector: '.away' })`,
      `submitForm({ formSelector: '#away' })`,
      `clickLink({ selector: '.away', params: { redirects: 0 } })`,
    ]);
    expect(heard).toEqual([
      'GET /away',
      'GET /landed',
      'POST /away application/x-www-form-urlencoded a=1',
      'GET /landed',
      'GET /away',
    ]);
    expect(answers).toEqual([['200 GET'], ['200 GET'], ['302 ']]);
  });

  it('says what is not there', async () => {
    const answers = await asked([
      `submitForm({ formSelector: '#nowhere' })`,
      `clickLink({ selector: '#nowhere' })`,
      `clickLink({ selector: 'a[name]' })`,
      `clickLink({ selector: '.bad' })`,
    ]);
    expect(heard).toEqual([]);
    expect(answers).toEqual([
      ["no form found for selector '#nowhere' in response '/dir/page'"],
      ["no element found for selector '#nowhere' in response '/dir/page'"],
      ["no valid href attribute value found on element 'a[name]' in response '/dir/page'"],
      ["'http://[' in response '/dir/page' is no address"],
    ]);
  });

  it('needs a body', async () => {
    const { logs } = await runScript(`import http from '${module}';
export default ${async}function () {
const none = ${wait}http.get('${url}/none');
const bytes = ${wait}http.get('${url}/', { responseType: 'binary' });
for (const response of [none, bytes]) try { response.html(); } catch (e) { console.log(e.message); }
const page = ${wait}http.get('${url}/dir/page');
console.log(page.html().url === page.url, page.html('form').size(), page.html().find('a').eq(1).text());
}`);
    expect(logs.map((log) => log.text)).toEqual([
      "the body is null so we can't transform it to HTML - this likely was because of a request error getting the response",
      "the body is binary; ask for responseType 'text' to read it as HTML",
      'true 6 one',
    ]);
  });
});

describe('a synchronous script that reads pages', () => {
  it('may block in what a Selection calls, and in its own helpers', async () => {
    const { logs, failures } = await runScript(`import http from 'k6/http';
import { sleep, check } from 'k6';
import { parseHTML } from 'k6/html';
const url = '${url}';
const follow = (page, selector) => page.clickLink({ selector });
class Site { open() { this.page = http.get(url + '/dir/page'); return this; } send() { return this.page.submitForm({ formSelector: '#here' }); } }
export default function () {
  const site = new Site().open();
  console.log(follow(site.page, '.abs').status, site.send().status);
  check(site.page, { 'a form': (r) => r.html('form').size() === 6, 'a link': (r) => r.clickLink().status === 200 });
  const links = site.page.html('a[href^="/"]');
  links.each(function (i, el) { http.get(url + el.getAttribute('href') + '?each' + i); sleep(0.001); });
  console.log(links.map((i, one) => http.get(url + one.attr('href') + '?map').status).join());
  console.log(links.filter((i) => http.get(url + '/f' + i).status === 200).size());
  console.log(links.not((i) => http.get(url + '/n' + i).status === 200).size());
  console.log(links.is((i) => http.get(url + '/i' + i).status === 404));
  console.log(parseHTML('<b>x</b>').find('b').filter((i, b) => b.text() === 'x').text());
}`);
    expect(failures).toEqual([]);
    expect(logs.map((log) => log.text)).toEqual(['200 200', '200,200', '2', '0', 'false', 'x']);
    expect(heard).toEqual([
      'GET /dir/page',
      'GET /abs',
      'POST /dir/page application/x-www-form-urlencoded a=1',
      'GET /dir/next?x=1',
      'GET /abs?each0',
      'GET /away?each1',
      'GET /abs?map',
      'GET /away?map',
      ...['/f0', '/f1', '/n0', '/n1', '/i0', '/i1'].map((path) => `GET ${path}`),
    ]);
  });

  it('mixes with promises: each response waits as its module does', async () => {
    const { logs, failures } = await runScript(`import http from 'k6/http';
import vurun from 'vurun/http';
const url = '${url}';
export default async function () {
  const own = await http.asyncRequest('GET', url + '/dir/page');
  console.log(own.clickLink().status, http.batch([url + '/dir/page'])[0].clickLink().status);
  const other = await vurun.get(url + '/dir/page');
  const promise = other.clickLink();
  console.log(promise instanceof Promise, (await promise).status);
}`);
    expect(failures).toEqual([]);
    expect(logs.map((log) => log.text)).toEqual(['200 200', 'true 200']);
  });
});

describe('what reads pages', () => {
  const size = async (script: string): Promise<string> => {
    const path = join(dir, 'script.js');
    writeFileSync(path, script);
    return (await loadProgram(path, dir)).code;
  };
  it('is in a program only when the script names it', async () => {
    const script = (line: string): string =>
      `import http from 'vurun/http';\nexport default async function () { const r = await http.get('x'); ${line} }`;
    for (const line of [`r.json()`, `open('page.html')`, `'text/html'`]) {
      expect(await size(script(line))).not.toContain('serializeArray');
    }
    for (const line of [
      `r.html()`,
      `r?.html('a')`,
      `r['html']()`,
      `await r.clickLink()`,
      `await r . submitForm()`,
    ]) {
      expect(await size(script(line))).toContain('serializeArray');
    }
    const required = `const http = require('vurun/http'); exports.default = async () => (await http.get('x')).html();`;
    expect(await size(required)).toContain('serializeArray');
  });
});
