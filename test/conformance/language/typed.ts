import { check } from 'k6';

enum Size {
  Small = 1,
  Large,
}
interface Item<T> {
  readonly value: T;
}
const item: Item<Size> = { value: Size.Large };
export const options = { iterations: 1 } satisfies object;
export default function (): void {
  check(item as Item<number>, { large: (i) => i.value === 2 });
}
