import { get, get as again } from 'k6/http';
const B = __ENV.BASE;
export default (p) => get(B + p);
export const twice = (p) => [get(B + p).status, again(B + p).status];
export * as deep from './deep.js';
