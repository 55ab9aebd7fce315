import type { Palette } from '../report/palette.ts';

/** The sign over the door. */
export function banner(version: string, palette: Palette): string {
  const { cyan, dim, bold } = palette;
  return [
    '',
    cyan('        ▁▂▃▄▅▆▇█▇▆▅▄▃▂▁'),
    `   ${cyan('╲  ╱')}  ${bold('v u r u n')}  ${dim(version)}`,
    `    ${cyan('╲╱')}   ${dim('load tests for real-time platforms')}`,
    '',
    '',
  ].join('\n');
}
