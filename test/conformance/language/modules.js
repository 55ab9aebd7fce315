import { shout } from './lib/shout.js';
import * as all from './lib/shout.js';
import shoutAgain from './lib/shout.js';
const required = require('./lib/plain.js');
export default function () {
  console.log(shout('a'), Object.keys(all).sort().join(), shoutAgain('b'), required.name, required.one);
}
