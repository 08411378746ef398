package telos.agent;

import java.util.List;
import java.util.Map;
import telos.rl.Nearest;
import telos.rl.environment.Space;
import telos.rl.offline.Awac;
import telos.rl.offline.Awr;
import telos.rl.offline.BehaviourCloning;
import telos.rl.offline.Cql;
import telos.rl.offline.DecisionTransformer;
import telos.rl.offline.DiscreteCql;
import telos.rl.offline.Iql;
import telos.rl.offline.Td3Bc;
import telos.rl.online.A2c;
import telos.rl.online.CategoricalDqn;
import telos.rl.online.CrossEntropyMethod;
import telos.rl.online.Ddpg;
import telos.rl.online.DiscreteSac;
import telos.rl.online.Dqn;
import telos.rl.online.Droq;
import telos.rl.online.EvolutionStrategies;
import telos.rl.online.Ppo;
import telos.rl.online.QuantileDqn;
import telos.rl.online.RecurrentPpo;
import telos.rl.online.Redq;
import telos.rl.online.Reinforce;
import telos.rl.online.Sac;
import telos.rl.online.Td3;
import telos.rl.online.Trpo;
import telos.rl.tabular.QLearning;
import telos.rl.tabular.Sarsa;

/// The algorithms that the command line knows.
public final class Algorithms {
  private static final List<Algorithm<?>> ALL =
      List.of(
          acting(
              "q-learning",
              "Q-learning in a table.",
              QLearning.Config.class,
              (_, _) -> QLearning.Config.defaults(),
              QLearning::new),
          acting(
              "sarsa",
              "Sarsa in a table.",
              Sarsa.Config.class,
              (_, _) -> Sarsa.Config.defaults(),
              Sarsa::new),
          acting(
              "dqn",
              "Deep Q-learning with its additions: double, duelling, n steps, priorities, hindsight, curiosity.",
              Dqn.Config.class,
              (_, steps) ->
                  lasting(
                      lasting(Dqn.Config.defaults(), "explorationSteps", 0.5, steps),
                      "importanceSteps",
                      1,
                      steps),
              Dqn::new),
          acting(
              "qr-dqn",
              "Deep Q-learning of quantiles.",
              QuantileDqn.Config.class,
              (_, steps) -> lasting(QuantileDqn.Config.defaults(), "explorationSteps", 0.16, steps),
              QuantileDqn::new),
          acting(
              "c51",
              "Deep Q-learning of categorical distributions.",
              CategoricalDqn.Config.class,
              (_, steps) ->
                  lasting(CategoricalDqn.Config.defaults(), "explorationSteps", 0.5, steps),
              CategoricalDqn::new),
          acting(
              "reinforce",
              "The policy gradient of whole episodes.",
              Reinforce.Config.class,
              (_, _) -> Reinforce.Config.defaults(),
              Reinforce::new),
          acting(
              "a2c",
              "Advantage actor-critic.",
              A2c.Config.class,
              (_, _) -> A2c.Config.defaults(),
              A2c::new),
          acting(
              "ppo",
              "Proximal policy optimisation.",
              Ppo.Config.class,
              (actions, steps) ->
                  lasting(
                      actions instanceof Space.Box
                          ? Ppo.Config.continuous()
                          : Ppo.Config.defaults(),
                      "annealing",
                      1,
                      steps),
              Ppo::new),
          acting(
              "recurrent-ppo",
              "Proximal policy optimisation with a memory.",
              RecurrentPpo.Config.class,
              (_, steps) -> lasting(RecurrentPpo.Config.defaults(), "annealing", 1, steps),
              RecurrentPpo::new),
          acting(
              "trpo",
              "Policy optimisation in a trust region.",
              Trpo.Config.class,
              (_, _) -> Trpo.Config.defaults(),
              Trpo::new),
          acting(
              "ddpg",
              "Deep deterministic policy gradients.",
              Ddpg.Config.class,
              (_, _) -> Ddpg.Config.defaults(),
              Ddpg::new),
          acting(
              "td3",
              "Deep deterministic policy gradients with twin critics, delayed.",
              Td3.Config.class,
              (_, _) -> Td3.Config.defaults(),
              Td3::new),
          acting(
              "sac",
              "Soft actor-critic.",
              Sac.Config.class,
              (_, _) -> Sac.Config.defaults(),
              Sac::new),
          acting(
              "discrete-sac",
              "Soft actor-critic for discrete actions.",
              DiscreteSac.Config.class,
              (_, _) -> DiscreteSac.Config.defaults(),
              DiscreteSac::new),
          acting(
              "redq",
              "Soft actor-critic with many critics and many updates a step.",
              Redq.Config.class,
              (_, _) -> Redq.Config.defaults(),
              Redq::new),
          acting(
              "droq",
              "Soft actor-critic with dropout in the critics and many updates a step.",
              Droq.Config.class,
              (_, _) -> Droq.Config.defaults(),
              Droq::new),
          acting(
              "cem",
              "The cross-entropy method over the parameters of a policy.",
              CrossEntropyMethod.Config.class,
              (_, _) -> CrossEntropyMethod.Config.defaults(),
              CrossEntropyMethod::new),
          acting(
              "es",
              "Evolution strategies over the parameters of a policy.",
              EvolutionStrategies.Config.class,
              (_, _) -> EvolutionStrategies.Config.defaults(),
              EvolutionStrategies::new),
          recorded(
              "bc",
              "Behaviour cloning.",
              BehaviourCloning.Config.class,
              (_, _) -> BehaviourCloning.Config.defaults(),
              BehaviourCloning::new),
          recorded(
              "awr",
              "Advantage-weighted regression.",
              Awr.Config.class,
              (_, _) -> Awr.Config.defaults(),
              Awr::new),
          recorded(
              "awac",
              "Advantage-weighted actor-critic.",
              Awac.Config.class,
              (_, _) -> Awac.Config.defaults(),
              Awac::new),
          recorded(
              "td3-bc",
              "TD3 with behaviour cloning.",
              Td3Bc.Config.class,
              (_, _) -> Td3Bc.Config.defaults(),
              Td3Bc::new),
          recorded(
              "cql",
              "Conservative Q-learning, of continuous actions.",
              Cql.Config.class,
              (_, _) -> Cql.Config.defaults(),
              Cql::new),
          recorded(
              "discrete-cql",
              "Conservative Q-learning, of discrete actions.",
              DiscreteCql.Config.class,
              (_, _) -> DiscreteCql.Config.defaults(),
              DiscreteCql::new),
          recorded(
              "iql",
              "Implicit Q-learning.",
              Iql.Config.class,
              (_, steps) -> lasting(Iql.Config.defaults(), "actorUpdates", 1, steps),
              Iql::new),
          recorded(
              "decision-transformer",
              "Acts as those did who earned a given return.",
              DecisionTransformer.Config.class,
              (_, _) -> DecisionTransformer.Config.defaults(),
              DecisionTransformer::new));

  private Algorithms() {}

  private static <C extends Record> Algorithm<C> acting(
      String name,
      String description,
      Class<C> type,
      Algorithm.Defaults<C> defaults,
      Algorithm.Acting<C> start) {
    return new Algorithm<>(name, description, type, defaults, start);
  }

  private static <C extends Record> Algorithm<C> recorded(
      String name,
      String description,
      Class<C> type,
      Algorithm.Defaults<C> defaults,
      Algorithm.Recorded<C> start) {
    return new Algorithm<>(name, description, type, defaults, start);
  }

  /// With a schedule that takes the share of a run's steps that it has where the defaults are from.
  private static <C extends Record> C lasting(C config, String setting, double share, long steps) {
    long end = Math.clamp(Math.round(share * steps), 1, Integer.MAX_VALUE);
    return Settings.with(setting, config, Map.of(setting, Long.toString(end)));
  }

  /// All of them.
  public static List<Algorithm<?>> all() {
    return ALL;
  }

  /// The one of a name.
  ///
  /// @throws IllegalArgumentException for an unknown name, with the nearest ones
  public static Algorithm<?> of(String name) {
    List<String> names = ALL.stream().map(Algorithm::name).toList();
    if (!names.contains(name)) {
      List<String> like = Nearest.names(name, names);
      throw new IllegalArgumentException(
          "there is no algorithm '%s'; there are %s"
              .formatted(name, String.join(", ", like.isEmpty() ? names : like)));
    }
    return ALL.get(names.indexOf(name));
  }
}
