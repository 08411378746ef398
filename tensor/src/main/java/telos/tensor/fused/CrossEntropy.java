package telos.tensor.fused;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Negative log-likelihood of each label, `log sum exp(logits) - logits[label]`, in nats.
///
/// Residual: the log-sum-exp of each row, `[...]`.
///
/// @param logits `[..., V]`
/// @param labels I32 `[...]`, each in `[0, V)`
public record CrossEntropy(Tensor logits, Tensor labels) implements Op.Differentiable {
  public CrossEntropy {
    if (logits.rank() < 1 || !labels.shape().equals(logits.shape().without(-1))) {
      throw new IllegalArgumentException(
          "crossEntropy: labels "
              + labels.shape()
              + " must have the shape of logits "
              + logits.shape()
              + " without its last axis");
    }
  }

  @Override
  public List<Tensor> inputs() {
    return List.of(logits, labels);
  }

  @Override
  public CrossEntropy with(List<Tensor> in) {
    return new CrossEntropy(in.get(0), in.get(1));
  }

  @Override
  public Shape shape() {
    return labels.shape();
  }

  @Override
  public DType dtype() {
    return logits.dtype();
  }

  @Override
  public List<Tensor> definition() {
    Tensor logSumExp = new LogSumExp(logits).result();
    return List.of(logSumExp.sub(logits.pick(labels)), logSumExp);
  }

  @Override
  public List<@Nullable Tensor> vjp(
      List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
    Tensor g = Objects.requireNonNull(cotangents.getFirst());
    return Arrays.asList(new CrossEntropyGrad(logits, labels, outputs.get(1), g).result(), null);
  }
}
