/** One line of the log, on its way from wherever it arose to the terminal. */
export type LogLevelName = 'debug' | 'info' | 'warning' | 'error';

export interface LogLine {
  level: LogLevelName;
  /** Milliseconds since 1970. */
  time: number;
  message: string;
  /** Printed behind the message as `key=value`. */
  fields?: Record<string, string>;
}

export type LogSink = (line: LogLine) => void;
