import { check, group, sleep } from 'k6';
import http from 'k6/http';

import { login as signIn, Session } from './lib/session.js';
import * as util from './lib/util.js';
import legacy, { version } from './lib/legacy.cjs';
export default function () {
  const s = new Session('u'); console.log(s.open(), s.id, signIn('again'));
  console.log(util.default('d').status, util.twice('t').join(), util.deep.get('x'), Object.keys(util).join());
  console.log(legacy.fetch('leg'), version, new legacy.Client('c').get('y'));
}
