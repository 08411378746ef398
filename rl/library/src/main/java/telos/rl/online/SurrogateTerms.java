package telos.rl.online;

import java.util.Map;
import telos.rl.Kl;
import telos.tensor.Tensor;

/// Sums over a minibatch, scalars, and the logarithms of its ratios `[B]`.
record SurrogateTerms(Tensor surrogate, Tensor value, Tensor entropy, Tensor logRatio) {
  /// What the updates of an iteration were like, on the average; the divergence is that of the
  /// last.
  static final class Tally {
    private double surrogate;
    private double value;
    private double entropy;
    private double clipped;
    private double kl;
    private int rows;

    void add(SurrogateTerms terms, double clipRange) {
      surrogate += terms.surrogate.item();
      value += terms.value.item();
      entropy += terms.entropy.item();
      Tensor off = terms.logRatio.exp().sub(1).abs();
      clipped += off.gt(clipRange).cast(off.dtype()).sum().item();
      kl = Kl.k3(terms.logRatio).mean().item();
      rows += terms.logRatio.size();
    }

    boolean beyond(double target) {
      return target > 0 && kl > target;
    }

    void report(Map<String, Double> report) {
      report.put("policy_loss", surrogate / rows);
      report.put("value_loss", value / rows);
      report.put("entropy", entropy / rows);
      report.put("clipped", clipped / rows);
      report.put("kl", kl);
    }
  }
}
