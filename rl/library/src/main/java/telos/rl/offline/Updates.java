package telos.rl.offline;

import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import telos.rl.Snapshot;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Gradient descent under way: what is learnt, a value, moved on by a pure function of itself and
/// the key of the update.
///
/// @param <S> networks and the states of their optimizers
final class Updates<S> {
  private final Rng key;
  private S state;
  private long count;

  /// What an update gives.
  ///
  /// @param report numbers for logs by name
  record Update<S>(S state, Map<String, Double> report) {}

  Updates(S first, Rng key) {
    state = first;
    this.key = key;
  }

  S state() {
    return state;
  }

  /// How many there were.
  long count() {
    return count;
  }

  /// Takes some, in the memory of one.
  ///
  /// @return the means of what they reported
  /// @throws ArithmeticException when one of it is not finite
  Map<String, Double> advance(int updates, BiFunction<S, Rng, Update<S>> rule) {
    Map<String, DoubleSummaryStatistics> reports = new LinkedHashMap<>();
    state =
        Scope.call(
            "updates",
            () -> {
              S now = state;
              for (int i = 0; i < updates; i++) {
                now = Scope.next("update", now, before -> next(before, rule, reports));
              }
              return now;
            });
    Map<String, Double> means = new LinkedHashMap<>();
    reports.forEach((name, report) -> means.put(name, report.getAverage()));
    return means;
  }

  private S next(
      S before, BiFunction<S, Rng, Update<S>> rule, Map<String, DoubleSummaryStatistics> reports) {
    Update<S> update = rule.apply(before, key.fold(count));
    update
        .report()
        .forEach((name, value) -> {
          requireFinite(name, value);
          reports.computeIfAbsent(name, _ -> new DoubleSummaryStatistics()).accept(value);
        });
    count++;
    return update.state();
  }

  private void requireFinite(String name, double value) {
    if (!Double.isFinite(value)) {
      throw new ArithmeticException(
          "update " + count + ": " + name + " is " + value + "; a lower rate may help");
    }
  }

  /// A target network as it begins: the values of a model, as leaves of their own.
  static <M> M target(M model) {
    return Tree.map(model, Tensor::alias);
  }

  Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("updates", count);
    writer.putTree("state", copied(state));
    return writer.snapshot();
  }

  void restore(Snapshot from) {
    state = copied(from.tree("state", state));
    count = from.counters("updates")[0];
  }

  /// In memory of its own, for optimizers consume their states.
  private static <S> S copied(S state) {
    return Tree.map(state, tensor -> tensor.mul(tensor.onesLike()));
  }
}
