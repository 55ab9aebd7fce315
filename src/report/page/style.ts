/** How the page looks. One scale of type (12, 14, 16, 20, 26), one of space (4, 8, 12, 16, 24, 40). */
const light = `
  --bg: #f6f7f8; --card: #ffffff; --ink: #1a1f24; --mute: #5b6570; --line: #dfe3e7; --grid: #eceff1;
  --soft: #f1f3f5; --accent: #2463a6; --accent-soft: #e8f0f9;
  --blue: #2f6db5; --orange: #c96a12; --teal: #17836a; --purple: #7a52b3; --red: #bd3434;
  --gold: #a98416; --grey: #77828d;`;
const dark = `
  --bg: #12161a; --card: #191e23; --ink: #e7eaed; --mute: #9aa5b0; --line: #2b333b; --grid: #242b32;
  --soft: #20262c; --accent: #78b0ee; --accent-soft: #1c2a39;
  --blue: #6aa7ec; --orange: #f09a45; --teal: #48c2a2; --purple: #b597ea; --red: #f07b73;
  --gold: #dcbd55; --grey: #8d98a3;`;

export const style = `
:root { ${light} color-scheme: light; }
@media screen and (prefers-color-scheme: dark) { :root:not([data-theme=light]) { ${dark} color-scheme: dark; } }
@media screen { :root[data-theme=dark] { ${dark} color-scheme: dark; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 56px; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
noscript { display: block; padding: 24px; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
button, select, input { font: inherit; color: inherit; }
button, select, input[type=search] { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 4px 12px; }
button { cursor: pointer; }
button:hover { border-color: var(--mute); }
button.small { font-size: 12px; padding: 1px 8px; }
code, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 12px; }
h1, h2, h3, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
h1 { font-size: 26px; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 20px; line-height: 1.3; font-weight: 650; letter-spacing: -0.005em; }
h3 { font-size: 14px; font-weight: 650; }
.mute { color: var(--mute); }
.fine { font-size: 12px; color: var(--mute); }
.wrap { max-width: 1320px; margin: 0 auto; padding: 0 24px; }

.bar { position: sticky; top: 0; z-index: 5; background: var(--card); border-bottom: 1px solid var(--line); }
.bar .wrap { display: flex; align-items: center; gap: 16px; height: 44px; }
.bar .mark { font-weight: 700; letter-spacing: 0.02em; }
.bar .lamp:not(:empty) { font-size: 12px; color: var(--mute); white-space: nowrap; }
.bar .lamp:not(:empty)::before { content: "●"; color: var(--teal); margin-right: 4px; }
.bar .lamp:empty { display: none; }
.waiting { padding-top: 40px; }
.bar nav { flex: 1; min-width: 0; display: flex; gap: 16px; overflow-x: auto; scrollbar-width: none; white-space: nowrap; }
.bar nav a { color: var(--mute); }
.bar nav a:hover { color: var(--ink); text-decoration: none; }
.bar .zoom { display: flex; align-items: center; gap: 8px; white-space: nowrap; color: var(--mute); font-size: 12px; }
.bar .theme { padding: 3px 10px; font-size: 12px; white-space: nowrap; }

header.top { padding: 40px 0 24px; }
header.top .facts { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-top: 8px; color: var(--mute); }
.notice { margin: 0 0 24px; padding: 12px 16px; border: 1px solid var(--line); border-left: 4px solid var(--orange); border-radius: 6px; background: var(--card); }

section { padding: 0 0 40px; }
section > h2 { margin-bottom: 16px; }
.grid { display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); gap: 16px; }
.card { grid-column: span 12; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px; min-width: 0; }
.card.half { grid-column: span 6; }
.card.third { grid-column: span 4; }
.card.alone { grid-column: span 12; }
.card > .head { display: flex; align-items: baseline; gap: 4px 12px; flex-wrap: wrap; }
.card > .head .unit { font-size: 12px; color: var(--mute); margin-left: auto; white-space: nowrap; }
.card > .question { color: var(--mute); font-size: 12px; margin-bottom: 8px; }
.card > .note { color: var(--mute); font-size: 12px; margin-top: 8px; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; margin: 0 0 16px; font-size: 12px; color: var(--mute); }
.tools select { padding: 3px 8px; max-width: 100%; font-size: 12px; color: var(--ink); }
.tools label { display: inline-flex; align-items: center; gap: 6px; }

.tiles { display: flex; flex-wrap: wrap; gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; margin-top: 16px; }
.tile { flex: 1 1 136px; background: var(--card); padding: 12px 16px; }
.tile dt { font-size: 12px; color: var(--mute); white-space: nowrap; }
.tile dd { font-size: 20px; line-height: 1.3; font-weight: 600; letter-spacing: -0.01em; white-space: nowrap; }
.tile dd small { font-size: 12px; font-weight: 400; color: var(--mute); letter-spacing: 0; display: block; white-space: normal; }

.gate, .verdict { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--party, var(--grey)); border-radius: 8px; padding: 16px 20px; }
.gate { display: flex; gap: 4px 12px; flex-wrap: wrap; align-items: baseline; }
.gate strong { white-space: nowrap; }
.gate .facts { color: var(--mute); }
.gate + .verdict, .verdict + .verdict { margin-top: 12px; }
.verdict h3 { font-size: 16px; line-height: 1.35; overflow-wrap: anywhere; }
.verdict .tags { display: flex; flex-wrap: wrap; gap: 2px 12px; font-size: 12px; color: var(--mute); margin: 4px 0 12px; }
.verdict .tags b { color: var(--ink); font-weight: 600; }
.verdict .cols { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 12px 40px; }
.verdict .cols h4, .sub { margin: 0 0 4px; font-size: 12px; font-weight: 600; color: var(--mute); }
.verdict ul { padding-left: 18px; overflow-wrap: anywhere; }
.verdict .next { margin-top: 12px; padding: 8px 12px; background: var(--accent-soft); border-radius: 6px; overflow-wrap: anywhere; }
.verdict .next b { margin-right: 8px; }
.verdict details, details.plain { margin-top: 12px; }
.verdict.minor { padding: 12px 20px; }
summary { cursor: pointer; color: var(--mute); font-size: 12px; width: fit-content; }
summary:hover { color: var(--ink); }
.id { display: block; white-space: nowrap; }
.ids { display: flex; flex-wrap: wrap; gap: 2px 16px; margin-top: 8px; }
.ids button { margin-left: auto; }
.left { margin-top: 12px; color: var(--mute); }

.scroll { overflow-x: auto; margin: 0 -16px; padding: 0 16px; }
table.data { border-collapse: collapse; width: 100%; font-size: 12px; line-height: 1.45; }
table.data th { text-align: left; font-weight: 600; color: var(--mute); border-bottom: 1px solid var(--line); padding: 0 16px 6px 0; vertical-align: bottom; white-space: nowrap; }
table.data th button { all: unset; cursor: pointer; }
table.data th button:hover { color: var(--ink); }
table.data th button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table.data th[aria-sort=ascending] button::after { content: " ↑"; }
table.data th[aria-sort=descending] button::after { content: " ↓"; }
table.data td { border-bottom: 1px solid var(--grid); padding: 5px 16px 5px 0; vertical-align: top; }
table.data tr:last-child td { border-bottom: 0; }
table.data .num { text-align: right; white-space: nowrap; }
table.data th:last-child, table.data td:last-child { padding-right: 0; }
table.data .text { overflow-wrap: anywhere; min-width: 120px; }
table.data .name { min-width: 160px; max-width: 420px; overflow-wrap: anywhere; }
table.data td.sub-metric { padding-left: 16px; }
.ok { color: var(--teal); } .bad { color: var(--red); }
.ok, .bad { font-weight: 600; white-space: nowrap; }
.meter { display: inline-block; vertical-align: middle; width: 96px; height: 6px; border-radius: 3px; background: var(--grid); overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--fill, var(--blue)); }

.funnel { display: grid; grid-template-columns: minmax(96px, auto) minmax(0, 1fr) auto auto; gap: 6px 16px; align-items: center; font-size: 12px; }
.funnel .track { height: 20px; background: var(--grid); border-radius: 3px; overflow: hidden; }
.funnel .track i { display: block; height: 100%; background: var(--blue); min-width: 1px; }
.funnel .lost { grid-column: 2 / -1; color: var(--red); margin-top: -4px; overflow-wrap: anywhere; }
.funnel .n { font-weight: 600; text-align: right; }
.funnel .t { color: var(--mute); text-align: right; min-width: 64px; }

.tree, .tree ul { list-style: none; padding-left: 0; }
.tree ul { padding-left: 16px; border-left: 1px solid var(--line); margin-left: 4px; }
.tree li > .row { display: flex; gap: 4px 12px; align-items: baseline; padding: 3px 0; flex-wrap: wrap; }
.tree .group { font-weight: 600; }
.tree .row .end { margin-left: auto; color: var(--mute); font-size: 12px; white-space: nowrap; }
.pairs { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 4px 16px; font-size: 12px; }
.pairs dt { color: var(--mute); } .pairs dd { overflow-wrap: anywhere; }
.split { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr); gap: 16px 24px; }
pre { margin: 8px 0 0; overflow-x: auto; background: var(--soft); border-radius: 6px; padding: 12px; font-size: 12px; line-height: 1.45; }
footer { padding: 16px 0 40px; color: var(--mute); font-size: 12px; }

.uplot { font: inherit; width: 100%; line-height: 1.4; }
.uplot .u-legend { margin: 6px 0 0; font-size: 12px; color: var(--mute); width: 100%; }
.uplot .u-legend, .uplot .u-legend tbody { display: flex; flex-wrap: wrap; gap: 0 16px; text-align: left; }
.uplot .u-legend tr { margin: 0; } .uplot .u-inline.u-live th::after { content: ""; }
.uplot .u-legend tr:first-child { order: 9; } .uplot.idle .u-legend tr:first-child { visibility: hidden; }
.uplot .u-legend th { font-weight: 400; } .uplot .u-legend .u-value { color: var(--ink); min-width: 44px; }
.uplot .u-legend .u-marker { width: 12px; height: 0; border-width: 0 0 2px !important; margin-right: 6px; }
.uplot .u-legend.area .u-marker, .uplot .u-area .u-marker { height: 8px; }
.uplot .u-series > * { padding: 1px 4px 1px 0; }
.uplot .u-series:first-child .u-marker { display: none; }
.uplot .u-select { background: var(--accent); opacity: 0.15; }
.uplot.u-hz .u-cursor-x { border-right: 1px solid var(--mute); opacity: 0.6; }
.scale { display: flex; align-items: center; gap: 8px; font-size: 12px; color: var(--mute); margin-top: 6px; }
.scale i { width: 96px; height: 8px; border-radius: 2px; background: linear-gradient(90deg, color-mix(in srgb, var(--blue) 10%, transparent), var(--blue)); }

@media (max-width: 1000px) { .card.third { grid-column: span 6; } .bar .zoom .hint { display: none; } }
@media (max-width: 760px) {
  .wrap { padding: 0 16px; }
  .card.half, .card.third { grid-column: span 12; }
  .card > .head .unit { margin-left: 0; white-space: normal; }
  .verdict .cols, .split { grid-template-columns: minmax(0, 1fr); }
  header.top { padding: 24px 0 16px; }
  h1 { font-size: 20px; }
  section { padding-bottom: 24px; }
  .gate, .verdict { padding: 12px 16px; }
  .funnel { gap: 6px 8px; }
}
@media print {
  @page { margin: 14mm; }
  body { background: #fff; font-size: 12px; }
  .bar, .tools, button.small { display: none !important; }
  .wrap { max-width: none; padding: 0; }
  header.top { padding: 0 0 16px; }
  section { padding-bottom: 16px; }
  .card, .gate, .verdict, .tile, tr { break-inside: avoid; }
  .card.long { break-inside: auto; }
  h2 { break-after: avoid; }
  .card.half, .card.third { grid-column: span 6; }
  .card.alone { grid-column: span 12; }
  .grid { break-before: avoid; }
  .uplot .u-wrap, .uplot canvas { width: 100% !important; height: auto !important; }
  table.data td, table.data th { padding-right: 8px; }
  .scroll { overflow: visible; }
}
`;
