/// Algorithms that learn while they act, one file each, in the order of the papers. Each is a
/// [telos.rl.Learner] made of a configuration, an environment and a key.
///
/// By action values: [Dqn], with what may be added to it, [telos.rl.Her] and [Curiosity];
/// [QuantileDqn] and [CategoricalDqn], which learn distributions. By search over the parameters of
/// a policy: [CrossEntropyMethod] and [EvolutionStrategies].
package telos.rl.online;
