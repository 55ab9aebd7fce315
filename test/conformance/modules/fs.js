import { open, SeekMode } from 'k6/experimental/fs';

const file = await open('data.txt');
export default async function () {
  const buffer = new Uint8Array(4);
  const text = (n) => new TextDecoder().decode(buffer.subarray(0, n));
  console.log((await file.stat()).size, (await file.stat()).name, await file.read(buffer), text(4));
  console.log(await file.read(buffer), text(2), await file.read(buffer));
  console.log(await file.seek(1, SeekMode.Start), await file.read(buffer), text(4));
  console.log(SeekMode.Start, SeekMode.Current, SeekMode.End);
}
