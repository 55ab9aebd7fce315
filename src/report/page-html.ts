/** The report: one HTML file that holds its code, its looks and its data, and asks nobody for anything. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Result } from '../results/contract.ts';
import { bundlePage } from '../script/bundle.ts';
import type { PageData } from './page-data.ts';
import { attemptFacts } from './page-facts.ts';
import { pagePoints } from './page-points.ts';

/** What the page shows of a result. */
export function pageData({ begin, seconds, end }: Result): PageData {
  // A run that was killed left no records but those of its seconds.
  const attempts = end?.attempts ?? seconds.flatMap(({ failures = [] }) => failures);
  let shown: PageData['end'];
  if (end !== undefined) {
    const { attempts: _, ...rest } = end;
    shown = rest;
  }
  return {
    begin,
    points: pagePoints(seconds),
    end: shown,
    facts: attemptFacts(attempts, begin.startedAt),
  };
}

/** The page with its data inside; without any it listens to `events` on its own server. */
export async function pageHtml(data: PageData | undefined): Promise<string> {
  const code = await bundlePage(pageEntry());
  const title = data === undefined ? 'vurun' : `${data.begin.script.name} · vurun`;
  const packed =
    data === undefined ? '' : gzipSync(JSON.stringify(data), { level: 9 }).toString('base64');
  // Nothing may be loaded from anywhere, whatever a script or a server put into the data.
  const policy = [
    "default-src 'none'",
    "script-src 'unsafe-inline'",
    "style-src 'unsafe-inline'",
    'img-src data:',
    ...(data === undefined ? ["connect-src 'self'"] : []),
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
</head>
<body>
<noscript>This report draws itself: allow JavaScript for this file. It loads nothing from anywhere.</noscript>
<script id="data" type="text/plain">${packed}</script>
<script>${code.replaceAll('</script', String.raw`<\/script`)}</script>
</body>
</html>
`;
}

/** The page's code lies beside this file: compiled in a package, as TypeScript in a working tree. */
function pageEntry(): string {
  const compiled = fileURLToPath(new URL('./page/page.js', import.meta.url));
  return existsSync(compiled) ? compiled : compiled.replace(/\.js$/, '.ts');
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
