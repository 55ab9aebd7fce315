/** Looks at source text before the bundler does, because the bundler recurses without a bound. */

/**
 * The deepest nesting of brackets, outside of strings and comments. Regular expressions are read as
 * code: a count a few too high does no harm against a bound of thousands.
 */
export function bracketDepth(text: string, stopAbove: number): number {
  let depth = 0;
  let deepest = 0;
  // Depths at which a `${` was opened, so that its `}` returns to the template.
  const templates: number[] = [];
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x28: // (
      case 0x5b: // [
      case 0x7b: // {
        depth += 1;
        if (depth > deepest) {
          deepest = depth;
          if (deepest > stopAbove) return deepest;
        }
        break;
      case 0x7d: // }
        if (templates.at(-1) === depth) {
          templates.pop();
          depth -= 1;
          i = templateEnd(i + 1);
          break;
        }
        if (depth > 0) depth -= 1;
        break;
      case 0x29: // )
      case 0x5d: // ]
        if (depth > 0) depth -= 1;
        break;
      case 0x22: // "
      case 0x27: // '
        i = stringEnd(i);
        break;
      case 0x60: // `
        i = templateEnd(i + 1);
        break;
      case 0x2f: // /
        if (text[i + 1] === '/') i = before('\n', i + 2);
        else if (text[i + 1] === '*') i = before('*/', i + 2);
        break;
    }
  }
  return deepest;

  function before(mark: string, from: number): number {
    const at = text.indexOf(mark, from);
    return at === -1 ? text.length : at + mark.length - 1;
  }
  /** A quote in a regular expression would swallow the file; a string ends with its line at the latest. */
  function stringEnd(from: number): number {
    const quote = text[from];
    for (let j = from + 1; j < text.length; j++) {
      const c = text[j];
      if (c === quote || c === '\n') return j;
      if (c === '\\') j++;
    }
    return text.length;
  }
  function templateEnd(from: number): number {
    for (let j = from; j < text.length; j++) {
      const c = text[j];
      if (c === '`') return j;
      if (c === '\\') j++;
      else if (c === '$' && text[j + 1] === '{') {
        depth += 1;
        if (depth > deepest) deepest = depth;
        templates.push(depth);
        return j + 1;
      }
    }
    return text.length;
  }
}

/**
 * The text with pointers to source maps made harmless: the bundler would open the file they name,
 * wherever it lies, and carry its content into the program's own map. No column moves.
 */
export function withoutSourceMap(text: string): string {
  return text.replace(/(\/[/*][#@]\s*sourceMapping)URL=/g, '$1Off=');
}
