package telos.rl;

import java.util.Arrays;

/// Weights at numbered places, from which one is found by its share of the sum in logarithmic time
/// (Schaul et al. 2016, appendix B.2.1): a binary tree whose leaves are the weights and in which
/// every other node is the sum of its two children.
///
/// Each sum is computed anew from the children, never corrected by a difference: the tree is a
/// function of its leaves, to the bit, whatever was written in which order.
final class SumTree {
  private final int leaves;

  /// Node `i` has the children `2 i` and `2 i + 1`; the root is node 1.
  private final double[] nodes;

  SumTree(int capacity) {
    leaves = capacity == 1 ? 1 : Integer.highestOneBit(capacity - 1) << 1;
    nodes = new double[2 * leaves];
  }

  double total() {
    return nodes[1];
  }

  double weight(int place) {
    return nodes[leaves + place];
  }

  void set(int place, double weight) {
    if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "sum tree: weight " + weight + " of place " + place + " is not finite and positive");
    }
    int node = leaves + place;
    nodes[node] = weight;
    for (node /= 2; node > 0; node /= 2) {
      nodes[node] = nodes[2 * node] + nodes[2 * node + 1];
    }
  }

  /// The place in which `mass` lies, where the places in order take up intervals as long as their
  /// weights, the first from zero on. One with a weight of zero is never found, not even where
  /// rounding leads past the last interval.
  ///
  /// @param mass in `[0, total)`
  int find(double mass) {
    int node = 1;
    while (node < leaves) {
      double left = nodes[2 * node];
      boolean right = mass >= left && nodes[2 * node + 1] > 0;
      mass = right ? mass - left : mass;
      node = 2 * node + (right ? 1 : 0);
    }
    return node - leaves;
  }

  /// The weights of the places `0` to `size - 1`.
  double[] weights(int size) {
    return Arrays.copyOfRange(nodes, leaves, leaves + size);
  }
}
