/** `k6/html`: the same as `vurun/html`; what its methods call may block. */
import { parseHTML } from '../modules/html.ts';
import { pauseSelections } from './html-callbacks.ts';

pauseSelections();

export { parseHTML };

const html: { parseHTML: typeof parseHTML } = { parseHTML };
export default html;
