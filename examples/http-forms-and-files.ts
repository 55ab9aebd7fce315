/**
 * An object as the body is sent as a form; with http.file() in it, as an upload of several parts.
 *
 *   vurun run examples/http-forms-and-files.ts --sim healthy -e UPLOAD=https://files.example.com/
 *   (the simulator keeps no files: without UPLOAD only the form is sent)
 */
import { check, http } from 'vurun';
import { b64encode } from 'vurun/encoding';
import { base } from './lib/platform.ts';

export const options = { iterations: 2 };

// Files are read once, before the test begins.
const csv = open('./data/callers.csv', 'b');

export default async function (): Promise<void> {
  const headers = { Authorization: `Basic ${b64encode('client:secret')}` };
  const form = { grant_type: 'client_credentials', scope: ['calls', 'limits'] };
  const granted = await http.post(`${base}/oauth/token`, form, { headers });
  check(granted, { 'the form is accepted': (r) => r.status === 200 });

  if (!__ENV.UPLOAD) return;
  const sent = await http.post(__ENV.UPLOAD, {
    title: 'callers of tonight',
    callers: http.file(csv, 'callers.csv', 'text/csv'),
  });
  check(sent, { 'the file is accepted': (r) => r.status >= 200 && r.status < 300 });
}
