/** What `vurun new` writes, by the template's name. They run as they are, in k6 too. */
export const templates: Readonly<Record<string, string>> = {
  minimal: `import http from 'k6/http';
import { check, sleep } from 'k6';

export const options = {
  vus: 10,
  duration: '30s',
};

// What each virtual user does, over and over.
export default function () {
  const response = http.get(__ENV.BASE_URL || 'http://127.0.0.1:8080/');
  check(response, { 'status is 200': (r) => r.status === 200 });
  sleep(1);
}
`,
  protocol: `import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Trend } from 'k6/metrics';

const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:8080';
const loginTime = new Trend('login_time', true);

export const options = {
  scenarios: {
    visitors: {
      executor: 'ramping-vus',
      stages: [
        { duration: '30s', target: 20 },
        { duration: '1m', target: 20 },
        { duration: '15s', target: 0 },
      ],
    },
  },
  thresholds: {
    checks: ['rate>0.99'],
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(95)<500'],
  },
};

// Runs once, before all virtual users; what it returns is handed to each of them.
export function setup() {
  const response = http.get(BASE_URL);
  if (response.status !== 200) throw new Error(BASE_URL + ' answers ' + response.status);
  return { startedAt: Date.now() };
}

export default function (data) {
  group('log in', () => {
    const response = http.post(
      BASE_URL + '/login',
      JSON.stringify({ user: 'user' + __VU, password: 'secret' }),
      { headers: { 'Content-Type': 'application/json' }, tags: { name: 'login' } },
    );
    loginTime.add(response.timings.duration);
    check(response, { 'logged in': (r) => r.status === 200 });
  });
  group('browse', () => {
    const responses = http.batch([BASE_URL + '/', BASE_URL + '/news']);
    check(responses, { 'all pages there': (all) => all.every((r) => r.status === 200) });
  });
  sleep(1 + Math.random());
}

// Runs once, after all of them.
export function teardown(data) {
  console.log('the test took ' + Math.round((Date.now() - data.startedAt) / 1000) + ' s');
}
`,
};
