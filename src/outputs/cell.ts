/** A cell of CSV: quoted where a reader would take it apart otherwise. */
export function cell(text: string): string {
  return /[",\r\n]|^\s/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
