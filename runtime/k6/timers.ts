/** `k6/timers`: the same functions as the globals. */
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../modules/timers.ts';

export { clearInterval, clearTimeout, setInterval, setTimeout };

const timers: {
  clearInterval: typeof clearInterval;
  clearTimeout: typeof clearTimeout;
  setInterval: typeof setInterval;
  setTimeout: typeof setTimeout;
} = { clearInterval, clearTimeout, setInterval, setTimeout };
export default timers;
