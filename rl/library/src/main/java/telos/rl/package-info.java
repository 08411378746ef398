/// Reinforcement learning: the parts that algorithms share, each with its name in the literature.
///
/// Reading order: [Transitions] and [Trajectory], the data; [telos.rl.vector.VectorEnvironment],
/// where they come from; [Policy] and [Networks], who acts; [Learner], what every algorithm that
/// acts is to its caller; [Distribution] with [Categorical], [MultiCategorical], [Normal],
/// [TanhNormal] and others, what a policy gives; [Actor], [ActorCritic] and [Memory], networks that
/// give them; [Rollout], what a policy did, and [Returns], from rewards to advantages;
/// [ClippedSurrogate] and [Kl], the terms of a policy loss; [Critics], [DeterministicActor],
/// [SquashedActor] and [UnitBox], what actor-critics for continuous actions are made of;
/// [Expectile] and [AdvantageWeights], of learning from recorded data; [AdaptiveKl],
/// [GroupAdvantage] and [Standardiser], what surrounds it. For action values: [EpsilonGreedy], how
/// they act; [NStep], [PrioritisedBuffer] and [Her], how steps become what is replayed;
/// [QuantileHuber] and [Support], distributions of returns; and [ActionMasks], for all who choose
/// one of several.
package telos.rl;
