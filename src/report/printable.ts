// oxlint-disable-next-line no-control-regex -- these are the ones to take out.
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text that came from a script or a server, made safe to print: control characters become visible
 * escapes, so that a name or an error text cannot move the cursor, recolour or retitle a terminal.
 * Those listed in `keep` stay.
 */
export function printable(text: string, keep = ''): string {
  return text.replace(controls, (char) => {
    if (keep.includes(char)) return char;
    if (char === '\n') return '\\n';
    if (char === '\r') return '\\r';
    if (char === '\t') return '\\t';
    const code = char.charCodeAt(0);
    return code < 256
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
