import { randomSeed } from 'k6';

export default function () {
  randomSeed(1);
  console.log(Math.random());
  randomSeed(1);
  console.log(Math.random());
}
