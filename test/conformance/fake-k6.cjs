/**
 * Plays k6 for one script, so that the comparison with a binary runs where there is none. With LIE set it
 * behaves otherwise than the script says.
 */
const { writeFileSync } = require('node:fs');

const args = process.argv.slice(2);
const value = (name) =>
  args
    .filter((_, i) => args[i - 1] === '-e')
    .map((pair) => pair.split('='))
    .find(([key]) => key === name)?.[1];
const samples = args.find((arg) => arg.startsWith('json=')).slice(5);
const lie = process.env.LIE !== undefined;
const url = `${value('HTTP')}/played`;
const now = new Date().toISOString();
const say = (line) => process.stderr.write(`${JSON.stringify({ ...line, time: now })}\n`);

async function main() {
  const lines = [];
  const seen = new Set();
  const point = (metric, type, contains, sample, tags) => {
    if (!seen.has(metric)) {
      seen.add(metric);
      lines.push({ type: 'Metric', metric, data: { name: metric, type, contains } });
    }
    lines.push({ type: 'Point', metric, data: { time: now, value: sample, tags } });
  };
  const { status } = await fetch(url);
  if (lie) await fetch(url);
  say({ level: 'info', msg: `status ${status}`, source: 'console' });
  const where = '\n\tat default (file:///somewhere/played.js:5:9(20))\n';
  if (!lie) say({ level: 'error', msg: `Error: the end${where}`, source: 'stacktrace' });
  const of = { group: '', scenario: 'default' };
  const tags = {
    ...{ expected_response: 'true', method: 'GET', name: url, proto: 'HTTP/1.1' },
    ...{ status: String(status), url, ...of },
  };
  point('http_reqs', 'counter', 'default', lie ? 2 : 1, tags);
  const phases = ['duration', 'blocked', 'connecting', 'tls_handshaking', 'sending', 'waiting'];
  for (const phase of [...phases, 'receiving']) {
    point(`http_req_${phase}`, 'trend', 'time', Math.random(), tags);
  }
  point('http_req_failed', 'rate', 'default', 0, tags);
  point('iterations', 'counter', 'default', 1, of);
  point('iteration_duration', 'trend', 'time', Math.random(), of);
  writeFileSync(samples, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
  process.exitCode = lie ? 99 : 0;
}
void main();
