/// Exact solutions of small decision processes in plain `double[]`: the ground truth against which
/// everything that learns is tested; and what learns in tables or plans by simulation.
///
/// Reading order: [Mdp], the process; [Planning], optimal and soft-optimal values and policies;
/// [PolicyEvaluation], what a given policy is worth, where it goes and how its worth changes with
/// it; [FiniteHorizon], the same with a clock; [OccupancyProgram], planning as a linear program,
/// with constraints if need be. Without a model: [QLearning] and [Sarsa]. With one to ask, a
/// [telos.rl.environment.GenerativeModel]: [Mcts] plans from a state on, [Psdp] finds policies
/// backwards in time.
@org.jspecify.annotations.NullMarked
package telos.rl.tabular;
