import { check } from 'k6';

check(1, { one: true });
export default function () {}
