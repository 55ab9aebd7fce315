export const options = { tlsCipherSuites: ['NOPE'] };
export default function () {}
