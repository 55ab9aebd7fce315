/** Bundles a script with the guest runtime, straight from the TypeScript sources. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const runtime = fileURLToPath(new URL('../../runtime/', import.meta.url));

export async function bundleForTest(source: string): Promise<string> {
  const inject = `${runtime}globals/inject.ts`;
  const result = await build({
    stdin: {
      contents: `import { start } from 'runtime:bootstrap';\nimport * as script from 'test:script';\nstart(script);\n`,
      loader: 'js',
      resolveDir: runtime,
    },
    bundle: true,
    write: false,
    format: 'iife',
    banner: { js: '"use strict";' },
    target: 'es2023',
    treeShaking: true,
    logLevel: 'silent',
    inject: existsSync(inject) ? [inject] : [],
    plugins: [
      {
        name: 'test',
        setup(plugin) {
          plugin.onResolve({ filter: /^runtime:/ }, (args) => ({
            path: `${runtime}${args.path.slice(8)}.ts`,
          }));
          plugin.onResolve({ filter: /^vurun(\/.*)?$/ }, (args) => ({
            path: `${runtime}modules/${args.path.slice(6) || 'index'}.ts`,
          }));
          plugin.onResolve({ filter: /^test:script$/ }, () => ({
            path: 'script.ts',
            namespace: 't',
          }));
          plugin.onLoad({ filter: /.*/, namespace: 't' }, () => ({
            contents: source,
            loader: 'ts',
            resolveDir: runtime,
          }));
        },
      },
    ],
  });
  return result.outputFiles[0]?.text ?? '';
}
