/// Steady-state timings with JMH. How to run them is in the module's `README.md`.
package telos.benchmarks;
