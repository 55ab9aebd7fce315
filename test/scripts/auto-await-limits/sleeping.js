// stopped 4: some (native)
import { group, sleep } from 'k6';
import http from 'k6/http';
export default function () { console.log('a'); new Uint8Array(1).some(() => { sleep(0.01); return true; });
}
