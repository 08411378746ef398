package telos.irl;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// Area under the ROC curve: the share of (positive, negative) pairs in which the positive scores
/// higher, ties counting one half (Hanley and McNeil 1982). `of(s) + of(-s) = 1`.
public final class Auc {
  private Auc() {}

  /// @param scores one per item
  /// @param positive the label of each item; both labels must occur
  public static double of(double[] scores, boolean[] positive) {
    if (scores.length != positive.length) {
      throw new IllegalArgumentException(
          scores.length + " scores but " + positive.length + " labels");
    }
    double[] ranks = ranks(scores);
    double positives = 0;
    double sum = 0;
    for (int i = 0; i < ranks.length; i++) {
      if (positive[i]) {
        positives++;
        sum += ranks[i];
      }
    }
    double negatives = ranks.length - positives;
    if (positives == 0 || negatives == 0) {
      throw new IllegalArgumentException(
          "AUC needs both labels, got " + (int) positives + " positives of " + ranks.length);
    }
    return (sum - positives * (positives + 1) / 2) / (positives * negatives);
  }

  /// Ranks from 1, equal values sharing their mean rank.
  static double[] ranks(double[] values) {
    Integer[] order = IntStream.range(0, values.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble(i -> values[i]));
    double[] ranks = new double[values.length];
    int from = 0;
    while (from < order.length) {
      int to = from + 1;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + 1 + to) / 2.0;
      }
      from = to;
    }
    return ranks;
  }
}
