/** The engine scripts run in, with a host that answers nothing but what `start` needs. */
import variant from '@jitl/quickjs-ng-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, type QuickJSSyncVariant } from 'quickjs-emscripten';
import { bundleName } from '../src/script/program.ts';

/**
 * Evaluates a program and then an expression in the same context; both results as text. An exception
 * gives `name: message`, a line break, and the stack.
 */
export async function evaluate(code: string, expression: string): Promise<string> {
  const engine = await newQuickJSWASMModuleFromVariant(
    // The package's types name the module where its code gives the variant.
    variant as unknown as QuickJSSyncVariant,
  );
  const context = engine.newContext();
  const run = (text: string, file: string): string => {
    const result = context.evalCode(text, file);
    if (result.error) {
      const thrown = context.dump(result.error) as { name: string; message: string; stack: string };
      return `${thrown.name}: ${thrown.message}\n${thrown.stack}`;
    }
    return String(context.dump(result.value));
  };
  run(
    `globalThis.told = []; globalThis.__vurun_op = (op, ...args) => { told.push(args); return '{}'; };`,
    'host',
  );
  const failure = run(code, bundleName);
  return failure === 'undefined' ? run(expression, 'test') : failure;
}
