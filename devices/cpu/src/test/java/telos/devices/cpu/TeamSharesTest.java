package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import telos.tensor.Op;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.AdamW;
import telos.tensor.fused.Attention;
import telos.tensor.fused.AttentionGrad;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.GeluGrad;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.LayerNormGrad;
import telos.tensor.fused.Linear;
import telos.tensor.fused.Softmax;

/// How evenly the kernels deal big work to teams of 1 to 16 threads: on a team of n nobody does
/// much more than 1/n of the items, so no thread of a larger machine waits long for another.
final class TeamSharesTest {
  /// The largest share times n.
  private static final double MOST = 1.26;

  /// Tasks of products are large, because a packed panel must meet many rows; those of sums down
  /// columns, gradients of gains among them, are blocks of 256 rows.
  private static final Map<String, Double> COARSE =
      Map.of(
          "matMul 1344", 1.6,
          "matMul 512", 1.9,
          "matMul 512 transposed", 1.9,
          "linear 2048 x 384 x 1536", 1.5,
          "weight gradient", 1.9,
          "sum columns", 1.9,
          "layerNormGrad", 1.9);

  /// One kernel's work as it was cut.
  private record Split(int length, int chunk, double nanosPerItem) {
    double nanos() {
      return length * nanosPerItem;
    }

    /// The most that one of `team` threads does: each takes the next chunk when it is free, and
    /// items take equal times.
    double longest(int team) {
      double[] busy = new double[team];
      for (int from = 0; from < length; from += chunk) {
        Arrays.sort(busy);
        busy[0] += Math.min(chunk, length - from) * nanosPerItem;
      }
      return Arrays.stream(busy).max().orElseThrow();
    }
  }

  private static final class Recording extends Team {
    private final List<Split> splits = new ArrayList<>();

    Recording() {
      super(1);
    }

    @Override
    void split(int length, int chunk, double nanosPerItem, Chunk body) {
      if (length > 0) {
        splits.add(new Split(length, chunk, nanosPerItem));
      }
      super.split(length, chunk, nanosPerItem, body);
    }
  }

  private static Tensor x(int... dims) {
    return Samples.tensor(11, 1, Shape.of(dims));
  }

  private static Supplier<?> of(Op.Fused op) {
    return op::outputs;
  }

  private static Map<String, Supplier<?>> kernels() {
    Tensor big = x(4096, 1024);
    Tensor row = x(1024);
    Tensor labels = Tensor.of(Samples.ints(3, 4096, 1024));
    Map<String, Supplier<?>> kernels = new LinkedHashMap<>();
    products(kernels);
    kernels.put("exp", big::exp);
    kernels.put("add", () -> big.add(big));
    kernels.put("add a row", () -> big.add(row));
    kernels.put("sum rows", () -> big.sum(-1));
    kernels.put("sum columns", () -> big.sum(0));
    kernels.put("permute", () -> big.reshape(16, 256, 16, 64).permute(0, 2, 1, 3));
    kernels.put("transpose", () -> big.transpose(0, 1));
    kernels.put("gelu", of(new Gelu(big)));
    kernels.put("geluGrad", of(new GeluGrad(big, big)));
    kernels.put("softmax", of(new Softmax(big)));
    kernels.put("crossEntropy", of(new CrossEntropy(big, labels)));
    kernels.put("layerNorm", of(new LayerNorm(big, row, row, 1e-5)));
    Tensor statistics = new LayerNorm(big, row, row, 1e-5).outputs().getLast();
    Tensor mean = new LayerNorm(big, row, row, 1e-5).outputs().get(1);
    kernels.put("layerNormGrad", of(new LayerNormGrad(big, row, mean, statistics, big)));
    attention(kernels);
    AdamW.Rates rates = new AdamW.Rates(1e-3, 0.9, 0.99, 1e-8, List.of(0.0), 1);
    List<Tensor> one = List.of(big);
    kernels.put("adamW", of(new AdamW(one, one, one, List.of(big.square()), rates)));
    return kernels;
  }

  private static void products(Map<String, Supplier<?>> kernels) {
    Tensor square = x(1344, 1344);
    Tensor half = x(512, 512);
    Tensor left = x(48, 256, 64);
    Tensor right = x(48, 64, 256);
    Tensor tokens = x(2048, 384);
    Tensor up = x(384, 1536);
    kernels.put("matMul 1344", () -> square.matMul(square));
    kernels.put("matMul 512", () -> half.matMul(half));
    kernels.put("matMul 512 transposed", () -> half.matMul(half, true, true));
    kernels.put("matMul 48 x 256 x 64 x 256", () -> left.matMul(right));
    kernels.put("linear 2048 x 384 x 1536", of(new Linear(tokens, up, x(1536))));
    kernels.put("weight gradient", () -> tokens.matMul(x(2048, 1536), true, false));
  }

  private static void attention(Map<String, Supplier<?>> kernels) {
    Attention attention = new Attention(x(8, 256, 18, 64), 6, 6, 0.125f);
    List<Tensor> outputs = attention.outputs();
    Tensor y = outputs.getFirst();
    kernels.put("attention", of(attention));
    kernels.put("attentionGrad", of(new AttentionGrad(attention, y, outputs.get(1), y)));
  }

  @Test
  void nobodyHasMuchMoreThanItsShare() {
    Recording team = new Recording();
    CpuDevice device = new CpuDevice("recording", team);
    List<String> uneven = new ArrayList<>();
    device.with(() -> {
      kernels()
          .forEach((name, kernel) -> {
            team.splits.clear();
            Scope.call(() -> kernel.get() != null);
            for (int n = 1; n <= 16; n++) {
              check(name, team.splits, n, uneven);
            }
          });
      return null;
    });
    assertTrue(uneven.isEmpty(), String.join("\n", uneven));
  }

  private static void check(String name, List<Split> splits, int n, List<String> uneven) {
    double all = splits.stream().mapToDouble(Split::nanos).sum();
    double longest = splits.stream().mapToDouble(split -> split.longest(n)).sum();
    double most = COARSE.getOrDefault(name, MOST);
    if (all < n * Team.WORTHWHILE_NANOS || longest > most * all / n) {
      uneven.add("%s on %d: %.2f/n of %s".formatted(name, n, longest * n / all, splits));
    }
  }
}
