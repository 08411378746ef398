/// Reinforcement learning: the parts with a name in the literature, as pure functions.
///
/// Reading order: [Distribution] with [Categorical], [Normal], [TanhNormal] and others, what a
/// policy gives; [Returns], from rewards to advantages; [ClippedSurrogate] and [Kl], the terms of a
/// policy loss; [AdaptiveKl], [GroupAdvantage] and [Standardiser], what surrounds it.
package telos.rl;
