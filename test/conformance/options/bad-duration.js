export const options = { duration: 'abc' };
export default function () {}
