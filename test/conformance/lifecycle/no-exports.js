const a = 1;
console.debug(a);
