import type { Cases } from '../case.ts';

export const cases: Cases = {
  summary: {
    row: '3.6 compact',
    exit: 99,
    requests: ['GET /x'],
    logs: ["error: thresholds on metrics 'cc' have been crossed"],
    stdout: [
      '  █ THRESHOLDS',
      "    cc\n    ✗ 'count<3' count=4",
      /      \{type:api\}\n      ✓ 'max<60000' max=/,
      '  █ TOTAL RESULTS',
      /    checks_total\.+: 2 +[\d.]+\/s\n    checks_succeeded\.+: 50\.00% 1 out of 2\n    checks_failed\.+: 50\.00% 1 out of 2/,
      '    ✓ good\n    ✗ bad\n      ↳  0% — ✓ 0 / ✗ 1',
      /    CUSTOM\n    cc\.+: 4 +[\d.]+\/s\n    gg\.+: 28 +min=28 +max=28 *\n    rr\.+: 100\.00% 1 out of 1\n    tt\.+: avg=1\.5 +min=1\.5 /,
      /    HTTP\n    http_req_duration\.+: avg=/,
      /      \{ expected_response:true \}\.+: avg=/,
      /    http_req_failed\.+: 0\.00% +0 out of 1\n    http_reqs\.+: 1 /,
      /    EXECUTION\n    iteration_duration\.+: avg=.*\n    iterations\.+: 1 /,
      /    NETWORK\n    data_received\.+: \d+ B /,
    ],
  },
  'summary-full': {
    row: '3.6 full',
    args: ['--summary-mode', 'full'],
    requests: ['GET /x'],
    stdout: [
      /http_req_blocked\.+:/,
      /http_req_waiting\.+:/,
      '  █ GROUP: front',
      '    ↳ GROUP: nested',
      '  █ SCENARIO: mine',
    ],
  },
  'summary-units': {
    row: '2.1 summaryTrendStats and summaryTimeUnit',
    requests: ['GET /x'],
    stdout: [/http_req_duration\.+: avg=[\d.]+µs +p\(99\.9\)=[\d.]+µs +count=1/],
  },
  'summary-disabled': {
    row: '3.6 disabled',
    args: ['--summary-mode', 'disabled'],
    stdout: [/^\s*$/],
  },
  'summary-export': {
    row: '3.6 --summary-export',
    exit: 99,
    args: ['--summary-export', 'summary.json'],
    logs: ["error: thresholds on metrics 'cc' have been crossed"],
    leaves: {
      'summary.json': [
        /"thresholds": \{\s*"count<3": true,\s*"count>1": false\s*\}/,
        /"id": "d41d8cd98f00b204e9800998ecf8427e"/,
        /"path": "::front page",\s*"id": "2a862ab29180e3b7d967a30f33eabbc6"/,
        /"path": "::front page::sometimes",\s*"id": "abc7751881f6763ff3614c38ea5c6ed5",\s*"passes": 0,\s*"fails": 1/,
        /"rr": \{\s*("(value|passes|fails)": [10],?\s*){3}\}/,
        /"tt": \{\s*("(avg|min|med|max|p\(90\)|p\(95\))": 2,?\s*){6}\}/,
        /"setup_data": \{\s*"token": "abc"\s*\}/,
      ],
    },
  },
  'json-output': {
    row: '3.6 --out json',
    requests: ['GET /x'],
    leaves: {
      'samples.json': [
        '{"type":"Metric","data":{"name":"cc","type":"counter","contains":"default","thresholds":[],"submetrics":[{"name":"cc{kind:a}","suffix":"kind:a","tags":{"kind":"a"}}]},"metric":"cc"}',
        /\{"metric":"cc","type":"Point","data":\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z","value":2\.5,"tags":\{"group":"","kind":"a","scenario":"default"\}\}\}/,
        '"contains":"data"',
        '"contains":"time"',
      ],
    },
  },
  'csv-output': {
    row: '3.6 --out csv',
    args: ['--out', 'csv=samples.csv'],
    requests: ['GET /x'],
    leaves: {
      'samples.csv': [
        /^metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata\n/,
        /\nhttp_reqs,\d+,1\.000000,,,,true,,GET,http:\/\/HOST\/x,HTTP\/1\.1,default,,200,,,http:\/\/HOST\/x,run=r,\n/,
      ],
    },
  },
  'json-to-stdout': {
    row: '3.6 --out json',
    command: ['run', '--quiet', '--summary-mode', 'disabled', '--out', 'json', 'SCRIPT'],
    stdout: ['{"metric":"iterations","type":"Point"'],
  },
  'no-output': {
    row: '3.4 unknown output',
    command: ['run', '--out', 'nope', 'SCRIPT'],
    exit: 255,
    logs: ["error: invalid output type 'nope', available types are:"],
  },
  'machine-readable': {
    row: '3.6 --new-machine-readable-summary',
    args: ['--new-machine-readable-summary', '--summary-export', 'summary.json'],
    leaves: { 'summary.json': [/"version": ?"1\.0\.0"/] },
  },
};
