/**
 * Parts of the runtime that a program holds only when the text of its files, comments included, speaks of
 * what they are for. A mention is enough, and a name put together at run time is not seen.
 */

interface Addition {
  /** Its file in the runtime, without extension, whose `install` runs before the script. */
  file: string;
  /** In a program that blocks as k6's do. */
  blockingFile?: string;
  /** Each is matched by some file of the script. */
  patterns: readonly RegExp[];
}

/** Fields of responses, as k6 has them. */
const fields =
  'remote_ip|remote_port|url|status|status_text|proto|headers|cookies|body|timings|tls_version|tls_cipher_suite|error|error_code|request';

const additions: readonly Addition[] = [
  {
    // Reading pages with a response's own methods; `page.html` in quotes is taken for a file.
    file: './modules/http-html',
    blockingFile: './k6/http-html',
    patterns: [/\b(?:submitForm|clickLink)\b|\.\s*html\b(?!\s*['"`])|(['"`])html\1/],
  },
  {
    // Looking for the keys of a response, copying it, or assigning to one of its fields.
    file: './modules/http-fields',
    patterns: [
      new RegExp(
        String.raw`\.\.\.|\bin\b[^;{]*\)|\.\s*(?:${fields})\s*=(?![=>])|` +
          String.raw`\b(?:keys|values|entries|assign|getOwnProperty\w*|hasOwn\w*|propertyIsEnumerable|ownKeys|structuredClone)\b`,
      ),
      /['"`](?:k6|vurun)\/http['"`]/,
    ],
  },
  {
    file: './k6/blob-stream',
    patterns: [
      /\.\s*stream\s*\(/,
      /\b[Bb]lob\b|['"`](?:k6\/(?:experimental\/)?websockets|vurun(?:\/websocket)?)['"`]/,
    ],
  },
];

/** What the files of one script speak of. */
export class Additions {
  readonly #matched = new Set<RegExp>();

  /** Looks at the text of one of the files. */
  look(text: string): void {
    for (const pattern of additions.flatMap(({ patterns }) => patterns)) {
      if (!this.#matched.has(pattern) && pattern.test(text)) this.#matched.add(pattern);
    }
  }

  /** The files that are wanted so far. */
  files(blocks: boolean): string[] {
    return additions
      .filter(({ patterns }) => patterns.every((pattern) => this.#matched.has(pattern)))
      .map(({ file, blockingFile = file }) => (blocks ? blockingFile : file));
  }
}
