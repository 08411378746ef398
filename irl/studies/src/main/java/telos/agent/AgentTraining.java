package telos.agent;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.LongConsumer;
import telos.agent.AgentFiles.Kind;
import telos.agent.AgentFiles.Position;
import telos.rl.Evaluation;
import telos.rl.Learner;
import telos.rl.Policy;
import telos.study.MetricsLog;
import telos.study.StopSignal;
import telos.study.Stopped;
import telos.study.Tags;
import telos.tensor.Rng;

/// The training of one seed: learns, logs, evaluates, keeps the best policy and the last, and can
/// be interrupted and resumed to the same bits.
public final class AgentTraining {
  /// Logged numbers are means over windows: a run has so many.
  private static final int WINDOWS = 200;

  /// Between two evaluations.
  private static final int WINDOWS_TO_EVALUATE = 10;

  /// Some environments never end; no evaluated episode is longer.
  public static final int LONGEST_EPISODE = 10_000;

  private final AgentPlan plan;
  private final AgentFiles files;
  private final MetricsLog metrics;
  private final StopSignal stop;
  private final Tags tags;
  private double best = Double.NEGATIVE_INFINITY;

  public AgentTraining(AgentPlan plan, AgentFiles files, MetricsLog metrics, StopSignal stop) {
    this.plan = plan;
    this.files = files;
    this.metrics = metrics;
    this.stop = stop;
    this.tags = new Tags(null, null, files.seed());
  }

  /// What came out.
  ///
  /// @param last mean return of the evaluation at the end
  /// @param best mean return of the best evaluation
  public record Result(double last, double best) {}

  /// Trains to the last step, from the newest checkpoint if there is one.
  ///
  /// @param progress told how many steps were taken
  /// @throws Stopped when asked to stop; a checkpoint is written first
  public Result run(LongConsumer progress) throws IOException {
    try (Learner learner = plan.learner(Rng.of(files.seed()))) {
      files
          .newest()
          .ifPresent(position -> {
            learner.restore(position.learner());
            best = position.best();
          });
      OptionalDouble last = OptionalDouble.empty();
      while (learner.steps() < plan.steps()) {
        long window = learn(learner);
        progress.accept(learner.steps());
        if (window % WINDOWS_TO_EVALUATE == 0 || learner.steps() >= plan.steps()) {
          last = OptionalDouble.of(evaluate(learner));
          save(learner);
        } else if (stop.raised()) {
          save(learner);
        }
        stop.check();
      }
      return new Result(last.orElseGet(() -> evaluation(learner)), best);
    }
  }

  /// Learns to the end of a window.
  ///
  /// @return its number, from 1 on
  private long learn(Learner learner) {
    long length = Math.max(1, plan.steps() / WINDOWS);
    long end = (learner.steps() / length + 1) * length;
    var means = new Means();
    while (learner.steps() < Math.min(end, plan.steps())) {
      means.add(learner.advance());
    }
    metrics.log(tags, learner.steps(), means.values());
    return end / length;
  }

  /// Keeps what the evaluation says is to be kept.
  ///
  /// @return its mean return
  private double evaluate(Learner learner) throws IOException {
    double mean = evaluation(learner);
    metrics.log(tags, learner.steps(), Map.of("evaluation", mean));
    Policy policy = learner.policy();
    if (mean > best) {
      best = mean;
      files.save(Kind.BEST, policy);
    }
    files.save(Kind.LAST, policy);
    return mean;
  }

  private double evaluation(Learner learner) {
    Rng key = Rng.of(files.seed()).fold("evaluation").fold(learner.steps());
    return Evaluation.of(
            learner.policy().greedy(), plan.environments(), plan.episodes(), LONGEST_EPISODE, key)
        .mean();
  }

  private void save(Learner learner) throws IOException {
    files.save(learner.steps(), new Position(learner.snapshot(), best));
  }

  /// Means of numbers that not every iteration has.
  private static final class Means {
    private final Map<String, Double> sums = new LinkedHashMap<>();
    private final Map<String, Integer> counts = new LinkedHashMap<>();

    void add(Map<String, Double> numbers) {
      numbers.forEach((name, value) -> {
        sums.merge(name, value, Double::sum);
        counts.merge(name, 1, Integer::sum);
      });
    }

    Map<String, Double> values() {
      Map<String, Double> means = new LinkedHashMap<>();
      sums.forEach((name, sum) -> means.put(name, sum / counts.getOrDefault(name, 1)));
      return means;
    }
  }
}
