import { nosuch } from 'k6';

export default function () {
  console.log(nosuch === undefined || nosuch === null);
}
