/// `report.html`: what a run found, in one file that opens from disk without a network.
///
/// [telos.report.Report] puts the page together from `run.json`, `results.json` and
/// `metrics.jsonl`; [telos.report.Curves] shapes the logged numbers for plotting; `report.js` draws
/// them with Chart.js, which is part of the page.
package telos.report;
