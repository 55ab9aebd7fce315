/** A response's fields are own properties wherever a script can tell. */
import { expect, test } from 'vitest';
import { countingServer, runScript, said } from './support/cli.ts';

const fields =
  'remote_ip,remote_port,url,status,status_text,proto,headers,cookies,body,timings,tls_version,tls_cipher_suite,error,error_code,request';

const cases: [code: string, says: string][] = [
  [`console.log(Object.keys(res).join());`, fields],
  [`const k = []; for (const key in res) k.push(key); console.log(k.join());`, fields],
  [
    `const copy = { ...res, extra: 1 }; console.log(Object.keys(copy).join(), copy.status, copy.body, copy.headers['X-One'], copy.timings.duration > 0);`,
    `${fields},extra 200 {"a":[1,2]} 1 true`,
  ],
  [
    `const { status, body, ...rest } = res; console.log(status, body, rest.proto, rest.status);`,
    '200 {"a":[1,2]} HTTP/1.1 undefined',
  ],
  [
    `console.log(Object.assign({}, res).status_text, Object.entries(res)[3].join(), Object.values(res).length);`,
    '200 OK status,200 15',
  ],
  [
    `console.log(res.hasOwnProperty('status'), Object.hasOwn(res, 'body'), 'url' in res, res.hasOwnProperty('nope'));`,
    'true true true false',
  ],
  [
    `console.log(Object.keys(JSON.parse(JSON.stringify(res))).join(), JSON.parse(JSON.stringify({ res })).res.status);`,
    `${fields} 200`,
  ],
  [
    `res.body = null; res.note = 'mine'; console.log(res.body, res.note, res.status, Object.keys(res).at(-1));`,
    'null mine 200 note',
  ],
  [
    `const { timings } = res; const list = res.json('a'); Object.keys(res); console.log(res.timings === timings, res.json('a').join() === list.join(), res.json().a.length, res.error_code);`,
    'true true 2 0',
  ],
];

test.each(['k6', 'vurun'] as const)('of %s/http', async (flavour) => {
  const server = await countingServer((_request, response) => {
    response.setHeader('X-One', '1').end('{"a":[1,2]}');
  });
  const get = `${flavour === 'k6' ? '' : 'await '}http.get(__ENV.TARGET)`;
  const run = await runScript(
    `import http from '${flavour}/http';
export default ${flavour === 'k6' ? '' : 'async '}function () {
  ${cases.map(([code]) => `{ const res = ${get}; ${code} }`).join('\n  ')}
}`,
    ['-e', `TARGET=${server.url}`],
  );
  expect(run.stderr).not.toContain('level=error');
  expect(said(run)).toEqual(cases.map(([, says]) => says));
});

test('in CommonJS, of batches and in libraries', async () => {
  const server = await countingServer();
  const run = await runScript('', ['-e', `TARGET=${server.url}`], {
    files: {
      'main.ts': `const http = require('k6/http');
const count = require('./lib.js');
module.exports.default = function () {
  const [one, two] = http.batch([__ENV.TARGET, __ENV.TARGET]);
  console.log(count(one), count(two), count(http.get('http://127.0.0.1:1/')));
};`,
      'lib.js': `module.exports = (thing) => Object.keys(thing).length;`,
    },
  });
  expect(said(run)).toEqual(['15 15 15']);
});
