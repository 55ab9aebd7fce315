import { check, group, sleep } from 'k6';
import http from 'k6/http';

export default function () { const sum = [1, 2, 3].map((n) => n * 2).reduce((a, b) => a + b, 0); console.log(sum, [3, 1, 2].sort((a, b) => a - b).join(), 'a1b2'.replace(/\d/g, (d) => d * 2)); const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)); console.log(fib(12)); console.log(http.get(__ENV.BASE + 'end').status); }
