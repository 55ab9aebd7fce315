/**
 * A process in which the command line is visited over and over: its whole way, from the arguments to the exit
 * code, without the cost of starting Node and compiling the engine each time. Signals need the real process.
 */
import { Writable } from 'node:stream';
import { visit } from '../../dist/src/cli/cli.js';

process.on('message', async ({ argv, cwd, env }) => {
  const texts = { stdout: '', stderr: '' };
  const terminal = (name) => {
    const write = (text) => {
      texts[name] += text;
    };
    const stream = new Writable({
      write(chunk, _encoding, done) {
        write(chunk);
        done();
      },
    });
    return { write, isTty: false, stream, columns: () => undefined, rows: () => undefined };
  };
  process.chdir(cwd);
  const exitCode = await visit({
    argv,
    env,
    cwd,
    stdin: (async function* () {})(),
    stdout: terminal('stdout'),
    stderr: terminal('stderr'),
    platform: 'test',
    onStop: () => () => undefined,
    startSelf: () => {
      throw new Error('nothing is started here');
    },
    exit: (code) => process.exit(code),
  });
  process.send({ exitCode, ...texts, dir: cwd });
});
