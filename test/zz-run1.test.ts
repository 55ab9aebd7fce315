import { test } from 'vitest';
import { realTrace, traceServer } from '/work/wt-autoawait/test/support/auto-await.ts';
import { oracleTrace } from '/work/wt-autoawait/test/support/k6-oracle.ts';
test('x', async () => { const s = await traceServer(); const r = await realTrace(process.env.SCRIPT, process.env.DIR, s); console.log(r.trace.slice(-8), r.ends, r.failures); s.close(); });
