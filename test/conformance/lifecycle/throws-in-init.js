export default function () {}
throw new Error('boom in init');
