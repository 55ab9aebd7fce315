// refused 5: initialisation of a class
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
class Config { static value = http.get(B + 'x').body; }
export default function () { console.log(Config.value); }
