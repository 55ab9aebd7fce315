import type { Cases } from '../case.ts';

export const cases: Cases = {
  'shared-array': {
    row: '1.6',
    args: ['--vus', '1', '--iterations', '1'],
    says: [
      'made',
      '3 1 true true undefined 1,2,3',
      '6 1 2 true',
      'TypeError SharedArray is immutable',
    ],
  },
  'shared-array-errors': {
    row: '1.6',
    says: [
      "empty name provided to SharedArray's constructor",
      "a function is expected as the second argument of SharedArray's constructor",
      'only arrays can be made into SharedArray',
      'new SharedArray must be called in the init context',
    ],
  },
  encoding: {
    row: '1.9 encoding',
    says: ['aMOp +//+ -__- YQ -__-', 'true 3 hé a', 'refused'],
  },
  hashes: {
    row: '1.9 crypto',
    says: [
      '900150983cd24fb0d6963f7d28e17f72 a9993e364706816aba3e25717850c26c9cd0d89d',
      'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0= Fa0= AFa0',
      'cb00753f45a35e8b ddaf35a193617aba',
      '4634270f707b6a54 53048e2681941ef9 8eb208f7e05d987a9b044a8e98c6b087f15a0bfc',
      'true 01ff',
      'true',
      'invalid output encoding: nope',
    ],
  },
  md4: {
    row: '1.9 crypto md4',
    says: ['a448017aaf21d8525fc10ae87aa6729d'],
  },
  hmac: {
    row: '1.9 crypto',
    says: [
      'f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8',
      '80070713463e7749b90c2dc24911e275',
      '5',
      'invalid algorithm: nope',
      /^invalid size/,
    ],
  },
  'web-crypto': {
    row: '1.17',
    says: ['ba7816bf8f01cfea', '32 true', '616263 36', 'true', 'NotSupportedError'],
  },
  html: {
    row: '1.10 Selection',
    says: [
      'd undefined 8 true x 1',
      '2 one bold two two',
      '2 1 3 d',
      '0one bold|1two true two',
      '0 p one bold',
      '1 p two',
      'i=v&s=2&c=on [{"name":"i","value":"v"},{"name":"s","value":"2"},{"name":"c","value":"on"}] c,on;i,v;s,2',
      '2 a b two 1',
      'two 1 2',
    ],
  },
  'html-typed-elements': {
    row: '1.10 typed elements',
    says: ['#f h.test:81 h.test /p/q 81 https: ?s=1 u go', '2 1 B 1 A'],
  },
  'html-elements': {
    row: '1.10 Element',
    says: [' x y 2 3 1 <i>1</i>text<i>2</i>', 'true x y en 1 true 2'],
  },
  timers: {
    row: '1.11',
    says: ['refused', 'first,second 12,tick 1,tick 2'],
  },
  'timers-in-init': {
    row: '1.11',
    says: ['yes'],
  },
  'timer-throws': {
    row: '6.4 event loop',
    says: ['later'],
    logs: [
      'error: Error: in timer',
      'warning: setTimeout 1 was stopped because the VU iteration was interrupted',
    ],
    samples: { iterations: [2, 2] },
  },
  'unhandled-rejection': {
    row: '6.4 event loop',
    says: ['timer 1'],
    logs: [
      'error: Uncaught (in promise) Error: nobody',
      'warning: setTimeout 1 was stopped because the VU iteration was interrupted',
    ],
  },
  secrets: {
    row: '1.12',
    files: { 'secrets.txt': 'token=s3cr3t\nunused=never-asked-for\n' },
    args: [
      '--secret-source',
      'file=secrets.txt,name=main,default',
      '--secret-source',
      'mock=name=other,key=value1',
    ],
    says: ['6 the token is ***SECRET_REDACTED***', '6', 'true'],
  },
  csv: {
    row: '1.14',
    files: { 'data.csv': 'name,age\nada,36\nbob,7\neve,"1,5"\n', 'semi.csv': 'a;b,c\n' },
    says: ['3 ada,36 {"name":"bob","age":"7"} a|b,c', 'false ada,36 ["bob","7"] true'],
  },
  'csv-errors': {
    row: '1.14',
    files: { 'data.csv': 'a,b\n1,2\n', 'ragged.csv': 'a,b\n1,2,3\n' },
    says: [
      /delimiter must be a single character/,
      /fromLine must be less than or equal to toLine/,
      /record length \(3\) doesn't match header length \(2\)/,
    ],
  },
  fs: {
    row: '1.13',
    files: { 'data.txt': 'abcdef' },
    says: ['6 data.txt 4 abcd', '2 ef null', '1 4 bcde', '0 1 2'],
  },
  streams: {
    row: '1.15',
    says: ['true', '1', '2', '3'],
    logs: ['error: Error: no start'],
  },
  x509: {
    row: '1.9 x509',
    files: {
      'cert.pem':
        '-----BEGIN CERTIFICATE-----\nMIIBhjCCASygAwIBAgIUD5aal3zEnUMi9MtoXtjMMCBhv3QwCgYIKoZIzj0EAwIw\nDzENMAsGA1UEAwwEcGVlcjAgFw0yNjExMjExODE2MzJaGA8yMTI2MTAyODE4MTYz\nMlowDzENMAsGA1UEAwwEcGVlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBxC\nVzTgFybyj698lkXFZJSYLx4vlfABAVt9YlwyccnHh89NheDkX5KNJdRFaVtrHqTK\npgGsyIDPMpBMFlozgxCjZDBiMB0GA1UdDgQWBBQEBMQHSrZRgsbooZYJ2P7Dc33y\nyjAfBgNVHSMEGDAWgBQEBMQHSrZRgsbooZYJ2P7Dc33yyjAPBgNVHRMBAf8EBTAD\nAQH/MA8GA1UdEQQIMAaHBH8AAAEwCgYIKoZIzj0EAwIDSAAwRQIgZ5wFVkC8ylqz\nH2HzxVLmuxV7Zot4mnCR6vvdZ5bowu0CIQCoWxvYoV42132yqWXtjoXxlP1djXnk\nzuoaX+Aj0aFKiQ==\n-----END CERTIFICATE-----\n',
    },
    says: ['peer peer 127.0.0.1 string 20'],
  },
};
