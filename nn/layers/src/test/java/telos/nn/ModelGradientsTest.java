package telos.nn;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import telos.autograd.GradCheck;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Derivatives of whole models against differences, in float64.
class ModelGradientsTest {
  private static final GradCheck CHECK = GradCheck.STANDARD.withOrders(1);

  private static Gpt model(boolean llama) {
    GptConfig config =
        llama ? GptConfig.llama(2, 4, 2, 16, 12, 9, 7) : GptConfig.gpt2(2, 2, 8, 9, 7);
    return Tree.mapWithPath(
        Gpt.init(config, Rng.of(3)),
        (path, leaf) -> path.startsWith("rotary") || leaf.rank() < 2 ? leaf : leaf.mul(10));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void logProbs(boolean llama) {
    Device.of("reference")
        .with(() -> {
          Tensor ids = Rng.of(1).integers(0, 7, Shape.of(2, 8));
          Tensor mask = Rows.mask(Tensor.of(8, 5), 7);
          CHECK.<Gpt>require(
              "log-probabilities",
              m -> LogProbs.sum(LogProbs.ofNext(m.logits(ids), ids), mask),
              model(llama));
          return null;
        });
  }

  @Test
  void valuesAtTheLastPosition() {
    Device.of("reference")
        .with(() -> {
          Tensor ids = Rng.of(1).integers(0, 7, Shape.of(3, 6));
          CHECK.<ValueModel>require(
              "values",
              m -> m.last(ids, Tensor.of(6, 1, 4)),
              new ValueModel(model(true), Linear.init(16, 1, Rng.of(2))));
          return null;
        });
  }

  @Test
  void feedForwardLayersToSecondOrder() {
    Device.of("reference")
        .with(() -> {
          Tensor x = Rng.of(1).normal(Shape.of(3, 4));
          GradCheck.STANDARD.<Mlp>require(
              "mlp",
              m -> m.call(x.cast(((Linear) m.layers().getFirst()).weight().dtype())),
              Mlp.init(Activation.GELU_ERF, Rng.of(2), 4, 5, 2));
          return null;
        });
  }
}
