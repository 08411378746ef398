package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

class LayersTest {
  @Test
  void linearIsAffine() {
    Linear layer = Linear.of(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3), Tensor.of(1f, 0, -1));
    Tensor y = layer.call(Tensor.of(new float[] {1, 1, 2, -1}, 2, 2));
    assertArrayEquals(new float[] {6, 7, 8, -1, -1, -1}, y.toFloats());
    assertEquals(Shape.of(2, 3), y.shape());
    assertEquals(2, layer.in());
    assertEquals(3, layer.out());
    IllegalArgumentException wrong =
        assertThrows(
            IllegalArgumentException.class, () -> Linear.of(Tensor.zeros(2, 3), Tensor.zeros(2)));
    assertTrue(wrong.getMessage().contains("[2, 3] and bias [2]"), wrong.getMessage());
  }

  @Test
  void embeddingPicksRows() {
    Embedding table = new Embedding(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
    Tensor y = table.call(Tensor.of(new int[] {2, 0}, Shape.of(1, 2)));
    assertEquals(Shape.of(1, 2, 2), y.shape());
    assertArrayEquals(new float[] {5, 6, 1, 2}, y.toFloats());
    assertThrows(RuntimeException.class, () -> table.call(Tensor.of(3)));
  }

  @Test
  void mlpActivatesBetweenItsLayers() {
    Mlp mlp = Mlp.init(Activation.RELU, Rng.of(1), 3, 5, 2);
    Tensor x = Rng.of(2).normal(Shape.of(4, 3));
    Tensor expected = mlp.layers().get(1).call(mlp.layers().get(0).call(x).relu());
    assertArrayEquals(expected.toFloats(), mlp.call(x).toFloats());
    assertEquals(Shape.of(4, 2), mlp.call(x).shape());
    assertThrows(IllegalArgumentException.class, () -> new Mlp(List.of(), Activation.RELU));
  }

  @Test
  void sequentialChains() {
    Tensor x = Tensor.of(-1f, 2);
    Layer twice = t -> t.mul(2);
    assertArrayEquals(new float[] {0, 4}, Sequential.of(twice, Activation.RELU).call(x).toFloats());
  }

  @ParameterizedTest
  @CsvSource({
    "IDENTITY, 0.7, 0.7",
    "RELU, -0.7, 0",
    "TANH, 0.7, 0.60436778",
    "SIGMOID, 0.7, 0.66818777",
    "SOFTPLUS, 0.7, 1.10318605",
    "GELU, 0.7, 0.53057015",
    "GELU_ERF, 0.7, 0.53062550",
    "SILU, 0.7, 0.46773144"
  })
  void activations(Activation activation, float x, float expected) {
    assertEquals(expected, activation.call(Tensor.of(x)).item(), 2e-6);
  }

  @ParameterizedTest
  @EnumSource(GptConfig.Normalisation.class)
  void normsStandardise(GptConfig.Normalisation kind) {
    Tensor x = Rng.of(1).normal(Shape.of(6, 50)).mul(3).add(5);
    boolean layer = kind == GptConfig.Normalisation.LAYER;
    Norm norm = layer ? LayerNorm.init(50) : RmsNorm.init(50);
    Tensor y = norm.call(x);
    float[] squares = y.square().mean(-1).toFloats();
    float[] means = y.mean(-1).toFloats();
    for (int i = 0; i < squares.length; i++) {
      assertEquals(1, squares[i], 1e-4);
      assertTrue(layer == Math.abs(means[i]) < 1e-5);
    }
  }

  @Test
  void dropoutKeepsTheMean() {
    Tensor x = Tensor.ones(100, 100);
    Dropout dropout = new Dropout(0.3);
    float[] y = dropout.call(x, Rng.of(1)).toFloats();
    int zeros = 0;
    for (float value : y) {
      assertTrue(value == 0 || Math.abs(value - 1 / 0.7f) < 1e-6);
      zeros += value == 0 ? 1 : 0;
    }
    assertEquals(3000, zeros, 200);
    assertArrayEquals(y, dropout.call(x, Rng.of(1)).toFloats());
    assertSame(x, new Dropout(0).call(x, Rng.of(1)));
    assertThrows(IllegalArgumentException.class, () -> new Dropout(1));
  }

  @Test
  void initialVariances() {
    assertEquals(2.0 / 300, variance(Init.xavierUniform(1)), 3e-4);
    assertEquals(2.0 / 100, variance(Init.kaimingNormal()), 1e-3);
    assertEquals(2.0 / 100, variance(Init.kaimingUniform()), 1e-3);
    assertEquals(0.02 * 0.02, variance(Init.normal(0.02)), 2e-5);
    assertEquals(0, variance(Init.zeros()));
  }

  private static double variance(Init init) {
    return init.draw(Rng.of(3), 100, 200).square().mean().item();
  }

  @ParameterizedTest
  @CsvSource({"3, 7", "7, 3", "5, 5"})
  void orthogonalRowsOrColumns(int in, int out) {
    Tensor w = Init.orthogonal(2).draw(Rng.of(5), in, out);
    assertEquals(Shape.of(in, out), w.shape());
    Tensor gram = in <= out ? w.matMul(w, false, true) : w.matMul(w, true, false);
    int n = Math.min(in, out);
    float[] values = gram.toFloats();
    for (int i = 0; i < values.length; i++) {
      assertEquals(i / n == i % n ? 4 : 0, values[i], 1e-5);
    }
  }

  @Test
  void rowsPadAndMask() {
    int[][] rows = {{1, 2}, {3, 4, 5}, {}};
    assertArrayEquals(new int[] {1, 2, 9, 3, 4, 5, 9, 9, 9}, Rows.pad(rows, 9).toInts());
    assertArrayEquals(new int[] {2, 3, 0}, Rows.lengths(rows).toInts());
    boolean[] mask = Rows.mask(Rows.lengths(rows), 3).toBooleans();
    assertArrayEquals(
        new boolean[] {true, true, false, true, true, true, false, false, false}, mask);
  }
}
