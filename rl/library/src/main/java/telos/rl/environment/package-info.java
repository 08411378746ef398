/// Processes to act in.
///
/// Reading order: [Environment] and [Step], the interface; [Space], where observations and actions
/// lie; [Dynamics] and [Simulation], how a process becomes an environment; [CartPole] and the other
/// classics, [PointMaze] and [Reacher]; [TabularEnvironment] with [FrozenLake], [CliffWalking],
/// [Taxi] and [GridWorld], processes whose exact model is known; [CombinationLock], whose states
/// are hidden behind a [RichObservation]; [Bandit] and [ContextualBandit]; [TextEnvironment].
///
/// Then what goes around an environment, each a [Wrapper]: [TimeLimit] cuts episodes; [FrameStack],
/// [FlattenObservation] and [NormalizeObservation] change what is seen, [RescaleAction] and
/// [ClipAction] what is done, [NormalizeReward] what is paid; [Counted], [EpisodeStatistics] and
/// [Recording] look on; [Checked] refuses what breaks the rules, and [Replayed] makes an
/// environment restorable that is not.
///
/// [Environments] finds all of these by name, also those that other modules provide, and
/// [EnvironmentCheck] says what is wrong with one of your own. How environments look is in
/// [telos.rl.scene].
@org.jspecify.annotations.NullMarked
package telos.rl.environment;
