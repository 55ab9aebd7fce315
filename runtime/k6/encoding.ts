/** `k6/encoding`: the same functions as in `vurun/encoding`. */
import { b64decode, b64encode } from '../modules/encoding.ts';

export { b64decode, b64encode };

const encoding: { b64decode: typeof b64decode; b64encode: typeof b64encode } = {
  b64decode,
  b64encode,
};
export default encoding;
