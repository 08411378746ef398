/// Benchmarks that do not lie: what `telos bench` runs.
///
/// A fresh JVM runs vector code interpreted and boxed, thousands of times slower than compiled, so
/// [telos.bench.Stopwatch] warms every row until its medians settle. [telos.bench.Benchmarks] lists
/// them: [telos.bench.MachineBenchmarks] measures what the processor could do, the other families
/// what the library does.
package telos.bench;
