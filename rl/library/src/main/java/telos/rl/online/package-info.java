/// Algorithms that learn while they act, one file each, from top to bottom in the paper's order.
///
/// For continuous actions: [Sac].
package telos.rl.online;
