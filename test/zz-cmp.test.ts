import { test, expect } from 'vitest';
import { realTrace, traceServer } from './support/auto-await.ts';
import { oracleTrace } from './support/k6-oracle.ts';
test('x', async () => { const s = await traceServer(); const e = await oracleTrace(process.env.SCRIPT!, s.base); const t0=Date.now(); const r = await realTrace(process.env.SCRIPT!, process.env.DIR!, s); console.log(r.ends, r.failures, e.length, Date.now()-t0); s.close(); expect(r.trace).toEqual(e) });
