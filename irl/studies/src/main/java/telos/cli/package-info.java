/// The command line: `telos study|train|generate|export|inspect|bench|doctor`.
///
/// Every command prints results to standard output, and progress and errors to standard error. Exit
/// codes: 0 done, 1 failed, 2 wrong usage; 130 after Ctrl-C.
package telos.cli;
