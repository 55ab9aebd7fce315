/** Everything that code made by `src/script/auto-await/` calls; a program holds what its code uses. */
export {
  AwaitLoop,
  asyncArrow,
  asyncEntry,
  asyncMethod,
  awaits,
  linkAsync,
  pausePromises,
  runAsync,
} from './async.ts';
export {
  above,
  accessor,
  bare,
  build,
  built,
  construct,
  field,
  linked,
  methods,
  read,
  readAbove,
  watchProxies,
  write,
} from './construct.ts';
export {
  delegate,
  generate,
  generatorFunction,
  linkGenerator,
  loop,
  take,
  yields,
} from './generators.ts';
export { pauseArrays, pauseFunctions, pauseTexts } from './natives.ts';
export { apply, arrow, entry, finish, link, method, ordinary, parts, Run } from './wait.ts';
