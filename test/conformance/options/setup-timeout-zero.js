export const options = { setupTimeout: '0s' };
export default function () {}
