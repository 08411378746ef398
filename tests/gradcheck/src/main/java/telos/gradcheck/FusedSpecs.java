package telos.gradcheck;

import static telos.gradcheck.Input.index;
import static telos.gradcheck.Input.positive;
import static telos.gradcheck.Input.signed;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import telos.gradcheck.OpSpec.Accuracy;
import telos.tensor.Op;
import telos.tensor.Tensor;
import telos.tensor.fused.AdamW;
import telos.tensor.fused.Attention;
import telos.tensor.fused.AttentionGrad;
import telos.tensor.fused.CachedAttention;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.CrossEntropyGrad;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.GeluErf;
import telos.tensor.fused.GeluErfGrad;
import telos.tensor.fused.GeluGrad;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.LayerNormGrad;
import telos.tensor.fused.Linear;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.LogSoftmaxGrad;
import telos.tensor.fused.LogSumExp;
import telos.tensor.fused.MaximumGrad;
import telos.tensor.fused.NarrowLinear;
import telos.tensor.fused.PutAt;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.RmsNormGrad;
import telos.tensor.fused.Rotary;
import telos.tensor.fused.Silu;
import telos.tensor.fused.SiluGrad;
import telos.tensor.fused.Softmax;
import telos.tensor.fused.SoftmaxGrad;
import telos.tensor.fused.SquareSums;

/// Rows of the standard fused operations. Their derivatives are rows of their own, with residuals
/// as free inputs.
final class FusedSpecs {
  private static final Accuracy ROWS = new Accuracy(4e-6, 4e-6);

  private FusedSpecs() {}

  static void addTo(List<OpSpec> rows) {
    activations(rows);
    softmaxes(rows);
    norms(rows);
    linear(rows);
    narrowLinear(rows);
    attention(rows);
    putAt(rows);
    adamW(rows);
    squareSums(rows);
  }

  private static void activations(List<OpSpec> rows) {
    for (int[] shape : new int[][] {{2, 3}, {0, 3}, {7, 131}}) {
      one(rows, Gelu.class, Gelu::new, signed(shape));
      one(rows, GeluErf.class, GeluErf::new, signed(shape));
      one(rows, Silu.class, Silu::new, signed(shape));
      two(rows, GeluGrad.class, GeluGrad::new, signed(shape), signed(shape));
      two(rows, GeluErfGrad.class, GeluErfGrad::new, signed(shape), signed(shape));
      two(rows, SiluGrad.class, SiluGrad::new, signed(shape), signed(shape));
      rows.add(
          OpSpec.of(
              MaximumGrad.class,
              ROWS,
              in -> new MaximumGrad(in.get(0), in.get(1), in.get(2)),
              signed(shape),
              signed(shape),
              signed(shape)));
    }
  }

  private static void one(
      List<OpSpec> rows, Class<? extends Op.Fused> op, Function<Tensor, Op.Fused> make, Input x) {
    rows.add(OpSpec.of(op, ROWS, in -> make.apply(in.getFirst()), x));
  }

  private static void two(
      List<OpSpec> rows,
      Class<? extends Op.Fused> op,
      BiFunction<Tensor, Tensor, Op.Fused> make,
      Input x,
      Input y) {
    rows.add(OpSpec.of(op, ROWS, in -> make.apply(in.get(0), in.get(1)), x, y));
  }

  private static void softmaxes(List<OpSpec> rows) {
    for (int[] shape : new int[][] {{2, 3}, {1, 1}, {3, 2, 2}, {7, 131}, {3, 4101}}) {
      int[] leading = Arrays.copyOf(shape, shape.length - 1);
      int classes = shape[shape.length - 1];
      one(rows, Softmax.class, Softmax::new, signed(shape));
      one(rows, LogSoftmax.class, LogSoftmax::new, signed(shape));
      one(rows, LogSumExp.class, LogSumExp::new, signed(shape));
      two(rows, SoftmaxGrad.class, SoftmaxGrad::new, positive(shape), signed(shape));
      two(rows, LogSoftmaxGrad.class, LogSoftmaxGrad::new, signed(shape), signed(shape));
      two(rows, CrossEntropy.class, CrossEntropy::new, signed(shape), index(classes, leading));
      rows.add(
          OpSpec.of(
              CrossEntropyGrad.class,
              ROWS,
              in -> new CrossEntropyGrad(in.get(0), in.get(1), in.get(2), in.get(3)),
              signed(shape),
              index(classes, leading),
              positive(leading),
              signed(leading)));
    }
  }

  private static void norms(List<OpSpec> rows) {
    for (int[] shape : new int[][] {{2, 3}, {2, 2, 3}, {7, 131}, {3, 4101}}) {
      int[] leading = Arrays.copyOf(shape, shape.length - 1);
      int width = shape[shape.length - 1];
      rows.add(
          OpSpec.of(
              LayerNorm.class,
              ROWS,
              in -> new LayerNorm(in.get(0), in.get(1), in.get(2), 1e-5),
              signed(shape),
              signed(width),
              signed(width)));
      rows.add(
          OpSpec.of(
              LayerNormGrad.class,
              ROWS,
              in -> new LayerNormGrad(in.get(0), in.get(1), in.get(2), in.get(3), in.get(4)),
              signed(shape),
              signed(width),
              signed(leading),
              positive(leading),
              signed(shape)));
      two(
          rows,
          RmsNorm.class,
          (x, gain) -> new RmsNorm(x, gain, 1e-6),
          signed(shape),
          signed(width));
      rows.add(
          OpSpec.of(
              RmsNormGrad.class,
              ROWS,
              in -> new RmsNormGrad(in.get(0), in.get(1), in.get(2), in.get(3)),
              signed(shape),
              signed(width),
              positive(leading),
              signed(shape)));
    }
  }

  private static void linear(List<OpSpec> rows) {
    int[][][] shapes = {
      {{2, 3}, {3, 2}, {2}},
      {{2, 2, 3}, {3, 2}, {2}},
      {{3}, {3, 2}, {2}},
      {{2, 2, 3}, {2, 3, 2}, {2, 2}},
      {{1, 300}, {300, 41}, {41}},
      {{3, 5, 70}, {70, 33}, {33}},
      {{3, 5, 7, 20}, {3, 20, 33}, {3, 33}}
    };
    for (int[][] shape : shapes) {
      rows.add(
          OpSpec.of(
              Linear.class,
              Accuracy.SUMMED,
              in -> new Linear(in.get(0), in.get(1), in.get(2)),
              signed(shape[0]),
              signed(shape[1]),
              signed(shape[2])));
      rows.add(
          OpSpec.of(
                  Linear.class,
                  Accuracy.SUMMED,
                  in -> new Linear(in.get(0), in.get(1), null),
                  signed(shape[0]),
                  signed(shape[1]))
              .labelled("without bias"));
    }
  }

  /// Input and outputs; rank 1 is a single row, the last has many blocks of inner indices.
  private static void narrowLinear(List<OpSpec> rows) {
    int[][] shapes = {{2, 3, 4}, {3, 2}, {2, 2, 3, 2}, {1, 300, 141}, {5, 7, 70, 33}, {600, 70}};
    for (int[] shape : shapes) {
      int out = shape[shape.length - 1];
      int[] x = Arrays.copyOf(shape, shape.length - 1);
      int in = x[x.length - 1];
      rows.add(
          OpSpec.of(
              NarrowLinear.class,
              Accuracy.SUMMED,
              of -> new NarrowLinear(of.get(0), of.get(1), of.get(2), of.get(3), false),
              signed(x),
              Input.bytes(in, out),
              signed(out),
              signed(out)));
      rows.add(
          OpSpec.of(
                  NarrowLinear.class,
                  Accuracy.SUMMED,
                  of -> new NarrowLinear(of.get(0), of.get(1), null, of.get(2), true),
                  signed(x),
                  Input.brain(out, in),
                  signed(out))
              .labelled("of BF16, transposed"));
    }
  }

  private static void attention(List<OpSpec> rows) {
    attention(rows, Attention.ALL, 1, 3, 1, 1, 2);
    attention(rows, Attention.ALL, 2, 2, 2, 1, 2);
    attention(rows, Attention.ALL, 1, 1, 1, 1, 3);
    attention(rows, Attention.ALL, 2, 70, 4, 2, 8);
    attention(rows, Attention.ALL, 1, 133, 2, 2, 16);
    attention(rows, 1, 1, 2, 1, 1, 2);
    attention(rows, 2, 1, 4, 2, 1, 2);
    attention(rows, 10, 2, 70, 4, 2, 8);
    attention(rows, 65, 1, 200, 2, 1, 16);
    int[][] small = {{1, 2, 2, 4}, {2, 2}};
    int[][] perRow = {{2, 3, 2, 4}, {2, 3, 2}};
    int[][] large = {{2, 37, 5, 16}, {37, 8}};
    for (int[][] shape : List.of(small, perRow, large)) {
      rows.add(
          OpSpec.of(
                  Rotary.class,
                  ROWS,
                  in -> new Rotary(in.get(0), in.get(1), in.get(2), shape[0][2] - 1),
                  signed(shape[0]),
                  signed(shape[1]),
                  signed(shape[1]))
              .smoothIn(0));
    }
    cached(rows, Attention.ALL, 1, 1, 2, 1, 2);
    cached(rows, Attention.ALL, 2, 3, 4, 2, 8);
    cached(rows, 5, 2, 3, 4, 2, 8);
    cached(rows, 70, 2, 3, 4, 2, 8);
  }

  private static void attention(
      List<OpSpec> rows, int window, int batch, int length, int heads, int keyHeads, int width) {
    Input packed = signed(batch, length, heads + 2 * keyHeads, width);
    float scale = 0.6f;
    Function<Tensor, Attention> forward = qkv -> new Attention(qkv, heads, keyHeads, scale, window);
    String label = window == Attention.ALL ? "" : "window " + window;
    rows.add(
        OpSpec.of(Attention.class, ROWS, in -> forward.apply(in.getFirst()), packed)
            .labelled(label));
    rows.add(
        OpSpec.of(
                AttentionGrad.class,
                ROWS,
                in -> new AttentionGrad(forward.apply(in.get(0)), in.get(1), in.get(2), in.get(3)),
                packed,
                signed(batch, length, heads, width),
                positive(batch, heads, length, 2),
                signed(batch, length, heads, width))
            .labelled(label));
  }

  /// Two blocks of 64 cached positions.
  private static void cached(
      List<OpSpec> rows, int window, int batch, int queries, int heads, int keyHeads, int width) {
    Input keys = signed(batch, keyHeads, width, CachedAttention.BLOCK);
    Input values = signed(batch, keyHeads, CachedAttention.BLOCK, width);
    rows.add(
        OpSpec.of(
            CachedAttention.class,
            ROWS,
            in ->
                new CachedAttention(
                    in.get(0), in.subList(2, 4), in.subList(4, 6), in.get(1), 0.6f, window),
            signed(batch, queries, heads, width),
            index(2 * CachedAttention.BLOCK - queries, batch),
            keys,
            keys,
            values,
            values));
  }

  /// The last index a row may have lies outside the axis: that row stays.
  private static void putAt(List<OpSpec> rows) {
    for (int[] shape : new int[][] {{2, 3, 2}, {5, 3, 64}}) {
      for (int axis = 1; axis < 3; axis++) {
        int at = axis;
        rows.add(
            OpSpec.of(
                PutAt.class,
                Accuracy.EXACT,
                in -> new PutAt(in.get(0), in.get(1), in.get(2), at),
                signed(shape),
                signed(shape[0], shape[3 - axis]),
                index(shape[axis] + 1, shape[0])));
      }
    }
  }

  /// Two leaves with unlike decay, third step.
  private static void adamW(List<OpSpec> rows) {
    AdamW.Rates rates = new AdamW.Rates(1e-2, 0.9, 0.99, 1e-3, List.of(0.1, 0.0), 3);
    for (int[][] shapes : new int[][][] {{{2, 3}, {2}}, {{67, 31}, {31}}}) {
      Input[] inputs =
          Stream.of(0, 1, 2, 3)
              .flatMap(part -> Stream.of(shapes).map(s -> part == 3 ? positive(s) : signed(s)))
              .toArray(Input[]::new);
      rows.add(
          OpSpec.of(
              AdamW.class,
              ROWS,
              in ->
                  new AdamW(
                      in.subList(0, 2),
                      in.subList(2, 4),
                      in.subList(4, 6),
                      in.subList(6, 8),
                      rates),
              inputs));
    }
  }

  /// Three leaves.
  private static void squareSums(List<OpSpec> rows) {
    for (Input last : List.of(signed(5), signed(67, 131))) {
      rows.add(OpSpec.of(SquareSums.class, ROWS, SquareSums::new, signed(2, 3), signed(7), last));
    }
  }
}
