package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.onnxruntime.OrtException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.Activation;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Layer;
import telos.nn.LayerNorm;
import telos.nn.Linear;
import telos.nn.LogProbs;
import telos.nn.Mlp;
import telos.nn.RmsNorm;
import telos.nn.RotaryScaling;
import telos.nn.Sequential;
import telos.nn.ValueModel;
import telos.nn.format.OnnxExport;
import telos.nn.format.OnnxExport.Axis;
import telos.nn.format.OnnxExport.Dim;
import telos.nn.format.OnnxExport.Input;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;
import telos.tensor.fused.LogSumExp;

/// Another runtime computes from an exported file what telos computes, for extents that the export
/// has never seen.
final class OnnxRuntimeTest {
  private static final Axis BATCH = Axis.of("batch");

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(Activation.class)
  void perceptronsAgree(Activation activation) throws Exception {
    Mlp mlp = Mlp.init(activation, Rng.of(1), 4, 8, 3);
    for (int opset : new int[] {17, 18, 20, 23}) {
      try (OnnxRunning running = new OnnxRunning(OnnxExport.of(mlp, 4).withOpset(opset), folder)) {
        for (int batch : new int[] {1, 2, 7}) {
          Tensor x = Rng.of(batch).normal(Shape.of(batch, 4)).mul(3);
          running.agrees(Map.of("x", x), "y", mlp.call(x));
        }
      }
    }
  }

  /// GPT-2's, Llama's, Qwen 2's, Qwen 3's and Mistral's kind.
  private static List<GptConfig> kinds() {
    var biased = new GptConfig.Attention(4, 2, 8, true, false, false, Optional.empty());
    var normed = new GptConfig.Attention(4, 1, 8, false, false, true, Optional.empty());
    var window = Optional.of(new GptConfig.Window(3, List.of(true, false)));
    var sliding = new GptConfig.Attention(4, 2, 8, false, true, false, window);
    return List.of(
        GptConfig.gpt2(2, 4, 32, 24, 61),
        GptConfig.llama(2, 4, 2, 32, 56, 64, 61),
        turning(biased, Optional.empty()),
        turning(normed, Optional.of(new RotaryScaling.Llama3(8, 1, 4, 16))),
        turning(sliding, Optional.of(new RotaryScaling.Linear(2))));
  }

  private static GptConfig turning(GptConfig.Attention attention, Optional<RotaryScaling> scaling) {
    return new GptConfig(
        2,
        32,
        64,
        61,
        attention,
        new GptConfig.FeedForward(56, Activation.SILU, true, false),
        GptConfig.Normalisation.RMS,
        1e-6,
        new GptConfig.Rotary(10_000, scaling),
        true);
  }

  /// Weights large enough that attention is not uniform and logits are of size one.
  private static Gpt drawn(GptConfig config) {
    Gpt gpt = Gpt.init(config, Rng.of(3));
    Rng key = Rng.of(4);
    return Tree.mapWithPath(
        gpt,
        (path, leaf) ->
            path.startsWith("rotary") || path.endsWith("gain")
                ? leaf
                : leaf.mul(5).add(key.fold(path).normal(leaf.shape()).mul(0.02)));
  }

  private static Stream<Object[]> kindsAndOpsets() {
    return kinds().stream()
        .flatMap(kind -> Stream.of(17, 20, 23).map(opset -> new Object[] {kind, opset}));
  }

  @ParameterizedTest
  @MethodSource("kindsAndOpsets")
  void languageModelsAgree(GptConfig config, int opset) throws Exception {
    Gpt gpt = drawn(config);
    try (OnnxRunning running = new OnnxRunning(OnnxExport.of(gpt).withOpset(opset), folder)) {
      for (int[] extents : new int[][] {{1, 1}, {2, 5}, {1, 24}, {7, 3}}) {
        Tensor ids = OnnxRunning.integers(61, extents);
        running.agrees(Map.of("input_ids", ids), "logits", gpt.logits(ids));
      }
    }
  }

  /// Contexts so short that the export sees sequences of one token.
  @Test
  void shortContextsAgree() throws Exception {
    for (GptConfig config :
        List.of(GptConfig.gpt2(1, 2, 8, 3, 61), GptConfig.llama(1, 4, 2, 16, 24, 3, 61))) {
      Gpt gpt = drawn(config);
      try (OnnxRunning running = new OnnxRunning(OnnxExport.of(gpt), folder)) {
        for (int length = 1; length <= 3; length++) {
          Tensor ids = OnnxRunning.integers(61, 2, length);
          running.agrees(Map.of("input_ids", ids), "logits", gpt.logits(ids));
        }
      }
    }
  }

  /// Beyond the trained length the frequencies of this kind depend on the length, which the file
  /// cannot follow: it fails there.
  @Test
  void dynamicScalingAgreesUpToTheTrainedLength() throws Exception {
    var attention = GptConfig.Attention.of(4, 2, 32);
    Gpt gpt = drawn(turning(attention, Optional.of(new RotaryScaling.Dynamic(2, 16))));
    try (OnnxRunning running = new OnnxRunning(OnnxExport.of(gpt), folder)) {
      Tensor ids = OnnxRunning.integers(61, 2, 16);
      running.agrees(Map.of("input_ids", ids), "logits", gpt.logits(ids));
      Tensor longer = OnnxRunning.integers(61, 2, 17);
      assertThrows(
          OrtException.class,
          () -> running.agrees(Map.of("input_ids", longer), "logits", gpt.logits(longer)));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void rewardModelsAgree(GptConfig config) throws Exception {
    ValueModel model = ValueModel.init(drawn(config), Rng.of(9));
    try (OnnxRunning running = new OnnxRunning(OnnxExport.of(model), folder)) {
      for (int[] extents : new int[][] {{1, 1}, {2, 5}, {5, 9}}) {
        Tensor ids = OnnxRunning.integers(61, extents);
        Tensor lengths = OnnxRunning.integers(extents[1], extents[0]).add(Tensor.scalar(1));
        var inputs = Map.of("input_ids", ids, "lengths", lengths);
        running.agrees(inputs, "values", model.values(ids));
        running.agrees(inputs, "scores", model.last(ids, lengths));
      }
    }
  }

  /// A user's own record: convolution, normalisation and a skip, over images of any size.
  private record Vision(Tensor kernel, LayerNorm norm, Linear head) implements Layer {
    @Override
    public Tensor call(Tensor x) {
      Tensor features = x.conv2d(kernel, 1, 1).relu();
      Tensor pooled = features.mean(-1).mean(-1);
      return head.call(norm.call(pooled)).add(pooled.slice(1, 0, 2));
    }
  }

  @Test
  void aUsersOwnModelAgrees() throws Exception {
    Vision model =
        new Vision(
            Rng.of(1).normal(Shape.of(4, 3, 3, 3)),
            LayerNorm.init(4),
            Linear.init(4, 2, Rng.of(2)));
    Dim[] dims = {BATCH, Dim.of(3), Axis.of("height"), Axis.of("width")};
    OnnxExport export =
        new OnnxExport(
            model,
            List.of(Input.floats("pixels", dims)),
            in -> Map.of("scores", model.call(in.getFirst())),
            17);
    try (OnnxRunning running = new OnnxRunning(export, folder)) {
      for (int[] extents : new int[][] {{1, 3, 1, 1}, {2, 3, 8, 5}, {3, 3, 4, 9}}) {
        Tensor pixels = Rng.of(5).normal(Shape.of(extents));
        running.agrees(Map.of("pixels", pixels), "scores", model.call(pixels));
      }
    }
  }

  /// Functions of `x [batch, time, 4]`, with which every operation occurs.
  private static List<UnaryOperator<Tensor>> functions() {
    List<UnaryOperator<Tensor>> functions = new ArrayList<>();
    functions.add(x -> x.neg().exp().add(x.abs().log1p()).sub(x.square().add(1).rsqrt()));
    functions.add(x -> x.square().add(0.5).recip().sqrt().mul(x.sin()).div(x.cos().add(2)));
    functions.add(x -> x.tanh().maximum(x.sigmoid()).minimum(x.erf().add(0.3)).add(x.softplus()));
    functions.add(
        x -> x.sign().add(x.floor()).add(x.abs().add(1).pow(1.5)).add(x.abs().add(1).log()));
    functions.add(x -> x.lt(0).or(x.gt(1)).and(x.le(2).not()).where(x, x.mul(2)));
    functions.add(x -> x.lt(0).where(x.gt(-1), x.eq(0.5)).cast(DType.F32));
    functions.add(x -> x.sum(1).add(x.mean(1)).add(x.max(1)).add(x.min(1)));
    functions.add(
        x -> x.argMax(1).cast(DType.F32).add(x.argMax(-1).sum(-1).cast(DType.F32).unsqueeze(1)));
    functions.add(x -> x.cumSum(1).flip(1).add(x.flip(0, 2)));
    functions.add(x -> x.pad(1, 2, 1).slice(1, 1, -1).permute(2, 0, 1));
    functions.add(
        x -> x.matMul(x, false, true).matMul(x).add(x.matMul(x, true, false).sum(1).unsqueeze(1)));
    functions.add(x -> Tensor.concat(1, List.of(x, x.mul(2), x.slice(1, 0, 1))));
    functions.add(x -> x.at(1, -1).unsqueeze(1).broadcastTo(x.shape()).add(x));
    functions.add(
        x -> x.reshape(-1, 4).gather(0, Tensor.arange(0, x.dim(0) * x.dim(1))).reshape(x.shape()));
    functions.add(x -> x.slice(new int[] {0, 1, 0}, x.shape().dims(), new int[] {1, 1, 2}));
    functions.add(x ->
        x.scatterAdd(
            1, x.argMax(-1).at(0, 0).mul(0).add(Tensor.arange(0, x.dim(1))), x.dim(1) + 2));
    functions.add(x -> LogProbs.of(x, x.argMax(-1)).add(LogProbs.entropy(x)));
    functions.add(x -> new LogSumExp(x).result().add(x.logSigmoid().sum(-1)));
    functions.add(x -> x.argMax(-1).oneHot(4).mul(x).stopGradient());
    functions.add(x -> x.zerosLike().add(x.dim(1)).sub(x).div(x.dim(0)));
    functions.add(x -> x.cast(DType.F64).mul(0.1).softplus().cast(DType.F32));
    functions.add(x -> Linear.init(4, 3, Rng.of(8)).call(RmsNorm.init(4).call(x)));
    functions.add(x -> Sequential.of(LayerNorm.init(4), Activation.SILU).call(x));
    functions.add(x -> x.clamp(-1, 1).lerp(x.relu(), 0.25).maskedFill(x.gt(1.5), 7));
    return functions;
  }

  @ParameterizedTest
  @ValueSource(ints = {17, 18})
  void everyOperationAgrees(int opset) throws Exception {
    Input input = Input.floats("x", BATCH, Axis.of("time"), Dim.of(4));
    int number = 0;
    for (UnaryOperator<Tensor> function : functions()) {
      OnnxExport export =
          new OnnxExport(
              List.of(), List.of(input), in -> Map.of("y", function.apply(in.getFirst())), opset);
      try (OnnxRunning running = new OnnxRunning(export, folder)) {
        for (int[] extents : new int[][] {{2, 3, 4}, {1, 2, 4}, {5, 8, 4}}) {
          Tensor x = Rng.of(number++).normal(Shape.of(extents));
          running.agrees(Map.of("x", x), "y", function.apply(x));
        }
      }
    }
    assertEquals(3 * functions().size(), number);
  }

  @Test
  void stackedLayersAgree() throws Exception {
    Linear ensemble =
        Tree.stack(List.of(Linear.init(4, 3, Rng.of(1)), Linear.init(4, 3, Rng.of(2))));
    OnnxExport export =
        new OnnxExport(
            ensemble,
            List.of(Input.floats("x", Dim.of(2), BATCH, Dim.of(4))),
            in -> Map.of("y", ensemble.call(in.getFirst())),
            17);
    try (OnnxRunning running = new OnnxRunning(export, folder)) {
      Tensor x = Rng.of(3).normal(Shape.of(2, 9, 4));
      running.agrees(Map.of("x", x), "y", ensemble.call(x));
    }
  }
}
