/** `k6/data`: the same `SharedArray` as in `vurun/data`. */
import { SharedArray } from '../modules/data.ts';

export { SharedArray };

const data: { SharedArray: typeof SharedArray } = { SharedArray };
export default data;
