import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // QuickJS runs on V8's stack here; shards give their workers the same room.
    execArgv: ['--stack-size=4000'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Runs of tests leave no result files unless a test asks for one.
    env: { VURUN_NO_RESULT: '1' },
  },
});
