/// Learning from recorded data alone: no environment is asked.
///
/// Reading order: [Dataset], what there is to learn from; [BehaviourCloning], which imitates all of
/// it or the best of it; [Awr], [Awac] and [Iql], which imitate the better actions more; [Td3Bc]
/// and [Cql] ([DiscreteCql]), which improve on the actions and are held back where the data has
/// none; [DecisionTransformer], which acts as those did who earned a given return;
/// [FittedQEvaluation] and [ImportanceSampling], what a policy would earn. All learners keep their
/// state in [Updates].
package telos.rl.offline;
