/// Imitation, inverse reinforcement learning, reward models and RLHF.
///
/// Reading order: [TokenBatch] and [PackedBatch], sequences as tensors; [Sft], behaviour cloning of
/// text, with [SftState] for what survives a kill and [DivergenceGuard] for what should not;
/// [RewardModel], [RewardEnsemble] and [MarginLoss], what a reward is and how pairs teach it;
/// [MaxMarginIrl], a reward from demonstrations of two policies; [RlhfPpo] and [Rloo], a policy
/// from a reward; [Auc], [Correlation] and [LogisticRegression], how rewards are judged.
package telos.irl;
