import type { Subject } from '../diagnosis/contract.ts';
import type { SummaryMode } from '../report/summary-text.ts';
import type { RemoteSettings } from '../script/remote.ts';
import type { LogFormat } from './log-printer.ts';

/** What a command line asks for. */
export type Command =
  | { name: 'run'; script: string; settings: RunSettings }
  | { name: 'inspect'; script: string; settings: RunSettings; executionRequirements: boolean }
  | { name: 'sim'; settings: SimSettings }
  /** Explains presets and knobs, or the one of that name. */
  | { name: 'sim-list'; topic: string | undefined }
  | { name: 'new'; settings: NewSettings }
  | { name: 'explain'; file: string }
  | { name: 'compare'; settings: CompareSettings }
  | { name: 'report'; settings: ReportSettings }
  | { name: 'discriminate'; script: string; settings: RunSettings }
  | { name: 'find-capacity'; script: string; settings: RunSettings; capacity: CapacitySettings }
  | { name: 'archive'; script: string; settings: RunSettings; archive: ArchiveSettings }
  /** Help and version: text for stdout, nothing else. */
  | { name: 'print'; text: string };

export type LogOutput = { to: 'stderr' | 'stdout' | 'none' } | { to: 'file'; path: string };

export interface RunSettings {
  /** All flags by camel-cased name with their raw values; the script room picks its options. */
  options: Record<string, unknown>;
  /** `__ENV`. */
  scriptEnv: Record<string, string>;
  /** What `--env` gave alone. */
  ownEnv: Record<string, string>;
  /** What the script is, when that was said. */
  type: 'js' | 'archive' | undefined;
  configFile: string | undefined;
  /** How modules are had that the script imports by URL. */
  remote: RemoteSettings;
  /** The simulator to start for this run: its preset and its knobs. */
  simulator: { preset: string; set: readonly string[] } | undefined;
  shards: number | undefined;
  seed: number | undefined;
  /** As given with `--secret-source`. */
  secretSources: readonly string[];
  quiet: boolean;
  verbose: boolean;
  noColor: boolean;
  outputs: string[];
  summaryMode: SummaryMode;
  summaryExport: string | undefined;
  /** The result file: a path, `true` for a name of its own in the results folder, or none. */
  result: string | boolean;
  /** The port on which the page of the run is served as it goes on; 0 for a free one. */
  ui: number | undefined;
  /** Where the diagnosis goes as JSON. */
  diagnosisExport: string | undefined;
  /** Verdicts that make the run fail. */
  failOn: readonly Subject[];
  consoleOutput: string | undefined;
  logOutput: LogOutput;
  logFormat: LogFormat;
}

export interface CompareSettings {
  /** The first is what the others are held against. */
  files: readonly string[];
  /** As given with `--fail-on-regression`. */
  failOn: readonly string[];
  markdown: boolean;
  html: string | undefined;
}

export interface CapacitySettings {
  /** As given with `--slo`. */
  objectives: readonly string[];
  /** Milliseconds at the start of each run that are not judged. */
  settleMs: number;
  /** How close the answer is to come to the limit: 0.1 for a tenth. */
  precision: number;
}

export interface ArchiveSettings {
  /** The archive to write. */
  file: string;
  /** Leave `__ENV` out of it. */
  excludeEnv: boolean;
}

export interface NewSettings {
  /** The script to write. */
  file: string;
  template: string;
  /** Overwrite what is there. */
  force: boolean;
}

export interface ReportSettings {
  /** The result file a run has written. */
  result: string;
  /** The page to write; beside the result when it was not said. */
  output: string | undefined;
}

export interface SimSettings {
  preset: string;
  port: number;
  set: string[];
  scale: number | undefined;
  seed: number | undefined;
  ledger: string | undefined;
  listen: string | undefined;
  /** End when standard input does: whoever started it has gone. */
  untilStdinEnds: boolean;
}
