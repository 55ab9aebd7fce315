import csv from 'k6/experimental/csv';
import { open } from 'k6/experimental/fs';

const file = await open('data.csv');
const records = await csv.parse(file, { skipFirstLine: true });
const objects = await csv.parse(await open('data.csv'), { asObjects: true });
const parser = new csv.Parser(await open('data.csv'), { fromLine: 1, toLine: 2 });
const semis = await csv.parse(await open('semi.csv'), { delimiter: ';' });
export default async function () {
  console.log(records.length, records[0].join(), JSON.stringify(objects[1]), semis[0].join('|'));
  const { done, value } = await parser.next();
  console.log(done, value.join(), JSON.stringify((await parser.next()).value), (await parser.next()).done);
}
