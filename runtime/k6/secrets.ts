/** `k6/secrets`: the same as `vurun/secrets`. */
export { default } from '../modules/secrets.ts';
