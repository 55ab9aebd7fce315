/** `vurun/timers`: the same functions as the globals. */
export { clearInterval, clearTimeout, setInterval, setTimeout } from '../globals/timers.ts';
