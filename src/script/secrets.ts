/** Secrets a script may ask for, and how they are kept out of what people read. */
export interface SecretSources {
  /** Values by key, by the name of their source. */
  sources: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The one that is asked when the script names none; undefined when there is none of the kind. */
  defaultSource: string | undefined;
}

export const noSecrets: SecretSources = { sources: {}, defaultSource: undefined };

/** What stands in the log for the value of a secret. */
const redacted = '***SECRET_REDACTED***';

/** Takes the values of all secrets out of a text. */
export function redactor({ sources }: SecretSources): (text: string) => string {
  const values = Object.values(sources)
    .flatMap((source) => Object.values(source))
    .filter((value) => value !== '')
    // Scripts log JSON, in which some values are written differently.
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    // A value that holds another goes first, or a part of it would be left.
    .sort((a, b) => b.length - a.length);
  return (text) => values.reduce((rest, value) => rest.replaceAll(value, () => redacted), text);
}
