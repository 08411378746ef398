/// Processes to act in.
///
/// Reading order: [Environment] and [Step], the interface; [Space], where observations and actions
/// lie; [Dynamics] and [Simulation], how a process becomes an environment; [CartPole] and the other
/// classics; [TimeLimit], how an episode is cut; [TabularEnvironment] with [FrozenLake],
/// [CliffWalking] and [Taxi], processes whose exact model is known.
@org.jspecify.annotations.NullMarked
package telos.rl.environment;
