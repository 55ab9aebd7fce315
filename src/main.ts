#!/usr/bin/env node
import { visit } from './cli/cli.ts';
import { realStreet } from './cli/street.ts';

const street = realStreet();
// Leaves at once: a worker or a socket that lingers must not keep a finished run alive.
street.exit(await visit(street));
