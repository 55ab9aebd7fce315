import csv from 'k6/experimental/csv';
import { open } from 'k6/experimental/fs';

const tell = async (options, name = 'data.csv') => {
  try {
    await csv.parse(await open(name), options);
  } catch (e) {
    if (__VU === 0) console.log(e.message ?? e);
  }
};
await tell({ delimiter: ';;' });
await tell({ fromLine: 3, toLine: 1 });
await tell({ asObjects: true }, 'ragged.csv');
export default function () {}
