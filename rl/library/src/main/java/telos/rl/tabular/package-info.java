/// Exact solutions of small decision processes in plain `double[]`: the ground truth against which
/// everything that learns is tested.
///
/// Reading order: [Mdp], the process; [Planning], optimal and soft-optimal values and policies;
/// [PolicyEvaluation], what a given policy is worth, where it goes and how its worth changes with
/// it; [FiniteHorizon], the same with a clock; [OccupancyProgram], planning as a linear program,
/// with constraints if need be.
@org.jspecify.annotations.NullMarked
package telos.rl.tabular;
