/// Algorithms that learn by acting, a file each: configuration, loop and losses from top to bottom,
/// in the order of their papers.
///
/// Of those that learn from what their present policy does, read REINFORCE first, then A2C and
/// [Ppo], which add a critic, RecurrentPpo, which adds a memory, and Trpo, whose step is not
/// clipped but bounded.
package telos.rl.online;
