/** `k6/encoding`: the functions of `vurun/encoding` with k6's errors. */
import { b64decode as ownDecode, b64encode as ownEncode } from '../modules/encoding.ts';
import { asGo } from './go-error.ts';

export const b64decode: typeof ownDecode = /* @__PURE__ */ asGo(ownDecode) as typeof ownDecode;
export const b64encode: typeof ownEncode = /* @__PURE__ */ asGo(ownEncode);

const encoding: { b64decode: typeof b64decode; b64encode: typeof b64encode } = {
  b64decode,
  b64encode,
};
export default encoding;
