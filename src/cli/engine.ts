import type { Inspection, TestRun, TestRunRequest } from '../coordinator/contract.ts';
import type { Program } from '../script/program.ts';
import type { RemoteSettings } from '../script/remote.ts';

/** The rooms behind the command line; a test puts its own in their place. */
export interface Engine {
  loadProgram(
    scriptArg: string,
    cwd: string,
    stdin: AsyncIterable<Uint8Array | string>,
    remote: RemoteSettings,
  ): Promise<Program>;
  createTestRun(request: TestRunRequest): Promise<TestRun>;
  inspectScript(request: TestRunRequest): Promise<Inspection>;
}

/** Loads the engine only when something runs, so that help and version are quick. */
export async function loadEngine(): Promise<Engine> {
  const { warmUp } = await import('../bus/bus.ts');
  warmUp();
  const [{ loadProgram }, { createTestRun, inspectScript }] = await Promise.all([
    import('../script/load.ts'),
    import('../coordinator/coordinator.ts'),
  ]);
  return { loadProgram, createTestRun, inspectScript };
}
