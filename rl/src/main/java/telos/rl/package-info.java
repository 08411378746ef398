/// Reinforcement learning: the parts with a name in the literature, as pure functions.
///
/// Reading order: [Categorical], the policy's distribution; [Returns], from rewards to advantages;
/// [ClippedSurrogate] and [Kl], the terms of a policy loss; [AdaptiveKl], [GroupAdvantage] and
/// [Standardiser], what surrounds it.
package telos.rl;
