/// Algorithms that learn by acting, a file each: configuration, loop and losses from top to bottom,
/// in the order of their papers. Each is a [telos.rl.Learner] made of a configuration, an
/// environment and a key.
///
/// Of those that learn from what their present policy does, read [Reinforce] first, then [A2c] and
/// [Ppo], which learn before an episode is over, [RecurrentPpo], which adds a memory, and [Trpo],
/// whose step is not clipped but bounded. By action values, from all that was seen so far: [Dqn],
/// with what may be added to it, [telos.rl.Her] and [Curiosity]; [QuantileDqn] and
/// [CategoricalDqn], which learn distributions. With an actor and critics that learn from all that
/// was seen: [Ddpg], then what each next one adds: [Td3] a second critic, delay and smoothing,
/// [Sac] a random actor and its temperature, [DiscreteSac] sums in place of draws, [Redq] and
/// [Droq] many updates a step. By search over the parameters of a policy: [CrossEntropyMethod] and
/// [EvolutionStrategies].
package telos.rl.online;
