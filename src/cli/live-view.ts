import type { RunProgress } from '../coordinator/contract.ts';
import type { Palette } from '../report/palette.ts';
import { renderFrame, renderPlain } from './frame.ts';
import type { Terminal } from './street.ts';

/** Shows a run under way until it is stopped. */
export interface LiveView {
  start(): void;
  /** Runs something that prints, without tearing the block apart. */
  above(print: () => void): void;
  /** Shows the last state and gives the terminal back. */
  stop(): void;
}

const repaintMs = 100;
const plainMs = 1_000;
const escapes = { hide: '\u001b[?25l', show: '\u001b[?25h', clear: '\u001b[0J' };

/** No view at all, for `--quiet`. */
export const hiddenView: LiveView = { start() {}, above: (print) => print(), stop() {} };

/** A block that is painted over itself ten times a second. */
export function blockView(
  terminal: Terminal,
  progress: () => RunProgress,
  palette: Palette,
): LiveView {
  let timer: NodeJS.Timeout | undefined;
  let painted = 0;
  const rub = () => (painted === 0 ? '' : `\u001b[${painted}A\r${escapes.clear}`);
  const paint = () => {
    // One column stays free: some terminals wrap when the last one is written.
    const width = Math.max(20, (terminal.columns() ?? 80) - 1);
    const rows = terminal.rows() ?? 24;
    const lines = renderFrame(progress(), width, palette, rows - 5);
    // One write for the whole frame, so that nobody sees half of it.
    terminal.write(`${rub()}${lines.join('\n')}\n`);
    painted = lines.length;
  };
  return {
    start() {
      terminal.write(`\n${escapes.hide}`);
      paint();
      timer = setInterval(paint, repaintMs);
      timer.unref();
    },
    above(print) {
      if (timer === undefined) {
        print();
        return;
      }
      terminal.write(rub());
      painted = 0;
      print();
      paint();
    },
    stop() {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      paint();
      terminal.write(escapes.show);
    },
  };
}

/** A few lines once a second, for pipes and log files. */
export function plainView(terminal: Terminal, progress: () => RunProgress): LiveView {
  let timer: NodeJS.Timeout | undefined;
  const print = () => terminal.write(`\n${renderPlain(progress()).join('\n')}\n`);
  return {
    start() {
      timer = setInterval(print, plainMs);
      timer.unref();
    },
    above: (write) => write(),
    stop() {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      print();
    },
  };
}
