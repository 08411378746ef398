package telos.devices.opencl;

import java.util.List;
import telos.devices.opencl.Product.Mask;
import telos.devices.opencl.Product.Matrix;
import telos.devices.opencl.Product.Place;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.AttentionGrad;

/// Causal attention, with a window or without, and its derivative: the products of the definition
/// on heads that stay where they lie in the packed tensor, and rows of scores between them
/// (`attention.cl`). Scores are held for as many sequences at a time as [#SCORES] allows.
final class CausalAttention {
  /// Bytes of scores of one pass.
  private static final long SCORES = 256L << 20;

  private final OpenClDevice device;
  private final int length;
  private final int heads;
  private final int keyHeads;
  private final int width;
  private final float scale;
  private final int window;

  private CausalAttention(OpenClDevice device, Attention op) {
    Shape shape = op.qkv().shape();
    this.device = device;
    this.length = shape.dim(1);
    this.heads = op.heads();
    this.keyHeads = op.keyHeads();
    this.width = shape.dim(3);
    this.scale = op.scale();
    this.window = op.window();
  }

  static List<Tensor> forward(OpenClDevice device, Attention op) {
    Shape shape = op.qkv().shape();
    int batch = shape.dim(0);
    var attention = new CausalAttention(device, op);
    OpenClStorage y = device.storage(DType.F32, op.shape().size(), op.name());
    Shape rows = Shape.of(batch, op.heads(), shape.dim(1), 2);
    OpenClStorage statistics = device.storage(DType.F32, rows.size(), op.name());
    attention.inParts(
        batch,
        (from, count) -> attention.forward(OpenClStorage.of(op.qkv()), y, statistics, from, count));
    return List.of(
        device.tensor(y, op.shape(), DType.F32), device.tensor(statistics, rows, DType.F32));
  }

  static List<Tensor> backward(OpenClDevice device, AttentionGrad op) {
    var attention = new CausalAttention(device, op.forward());
    OpenClStorage result = device.storage(DType.F32, op.shape().size(), op.name());
    int rows = op.y().size() / op.y().dim(-1);
    OpenClStorage along = device.storage(DType.F32, rows, op.name());
    attention
        .kernel("head_sums")
        .run(Range.of(rows, device.group()), op.y(), op.g(), along, rows, attention.width);
    attention.inParts(
        op.forward().qkv().dim(0),
        (from, count) ->
            attention.backward(
                OpenClStorage.of(op.forward().qkv()),
                OpenClStorage.of(op.statistics()),
                OpenClStorage.of(op.g()),
                along,
                result,
                from,
                count));
    along.consume();
    return List.of(device.tensor(result, op.shape(), DType.F32));
  }

  /// A pass over sequences `from`, ..., `from + count - 1`.
  private interface Pass {
    void run(int from, int count);
  }

  private void inParts(int batch, Pass pass) {
    long each = (long) heads * length * length * Float.BYTES;
    int count = Math.clamp(SCORES / Math.max(1, each), 1, batch);
    for (int from = 0; from < batch; from += count) {
      pass.run(from, Math.min(count, batch - from));
    }
  }

  private void forward(
      OpenClStorage qkv, OpenClStorage y, OpenClStorage statistics, int from, int count) {
    OpenClStorage scores = scores(qkv, from, count);
    int rows = count * heads * length;
    kernel("causal_softmax")
        .run(
            Range.groups(rows, items()),
            scores,
            statistics,
            from * heads * length,
            length,
            scale,
            window);
    run(
        count,
        length,
        width,
        length,
        square(scores, false),
        values(qkv, from),
        rows(y, from),
        Mask.ABOVE);
    scores.consume();
  }

  private void backward(
      OpenClStorage qkv,
      OpenClStorage statistics,
      OpenClStorage g,
      OpenClStorage along,
      OpenClStorage result,
      int from,
      int count) {
    long size = (long) count * heads * length * length;
    int first = from * heads * length;
    OpenClStorage weights = scores(qkv, from, count);
    kernel("causal_weights")
        .run(
            Range.of(size, device.group()),
            weights,
            statistics,
            first,
            size,
            length,
            scale,
            window);
    OpenClStorage ds = device.storage(DType.F32, (int) size, "attention scores");
    Matrix turned = new Matrix(values(qkv, from).storage(), values(qkv, from).place(), true);
    run(count, length, length, width, rows(g, from), turned, square(ds, false), Mask.RESULT);
    kernel("score_cotangents")
        .run(
            Range.of(size, device.group()),
            ds,
            weights,
            along,
            first,
            size,
            length,
            heads,
            scale,
            window);
    run(
        count,
        length,
        width,
        length,
        square(ds, false),
        keys(qkv, from),
        queries(result, from),
        Mask.ABOVE);
    toKeys(count, from, square(ds, true), queries(qkv, from), result, heads);
    toKeys(count, from, square(weights, true), rows(g, from), result, heads + keyHeads);
    ds.consume();
    weights.consume();
  }

  /// A cotangent of the heads from `head` on: the sum over each group of query heads.
  private void toKeys(
      int count, int from, Matrix left, Matrix right, OpenClStorage result, int head) {
    if (keyHeads == heads) {
      Matrix place = packed(result, from, head, 1);
      run(count, length, width, length, left, right, place, Mask.BELOW);
      return;
    }
    int size = count * heads * length * width;
    OpenClStorage each = device.storage(DType.F32, size, "attention heads");
    Matrix own =
        new Matrix(each, new Place(0, width, heads * length * width, length * width, 1), false);
    run(count, length, width, length, left, right, own, Mask.BELOW);
    int sums = count * keyHeads * length * width;
    kernel("group_sums")
        .run(
            Range.of(sums, device.group()),
            each,
            result,
            packed(result, from, head, 1).place().start(),
            sums,
            length,
            heads,
            keyHeads,
            width);
    each.consume();
  }

  /// Scores `[count, H, T, T]` without scale; what a query does not see holds anything.
  private OpenClStorage scores(OpenClStorage qkv, int from, int count) {
    int size = Math.toIntExact((long) count * heads * length * length);
    OpenClStorage scores = device.storage(DType.F32, size, "attention scores");
    Matrix keys = new Matrix(qkv, keys(qkv, from).place(), true);
    run(count, length, length, width, queries(qkv, from), keys, square(scores, false), Mask.RESULT);
    return scores;
  }

  private void run(int count, int m, int n, int k, Matrix a, Matrix b, Matrix c, Mask mask) {
    Products.run(
        device, new Product(m, n, k, count * heads, heads, a, b, c, null, 0, mask, window));
  }

  private Matrix queries(OpenClStorage qkv, int from) {
    return packed(qkv, from, 0, 1);
  }

  private Matrix keys(OpenClStorage qkv, int from) {
    return packed(qkv, from, heads, heads / keyHeads);
  }

  private Matrix values(OpenClStorage qkv, int from) {
    return packed(qkv, from, heads + keyHeads, heads / keyHeads);
  }

  /// Heads from `head` on of `[B, T, H + 2K, D]`, each for `share` query heads.
  private Matrix packed(OpenClStorage qkv, int from, int head, int share) {
    int pitch = (heads + 2 * keyHeads) * width;
    int sequence = length * pitch;
    return new Matrix(
        qkv, new Place(from * sequence + head * width, pitch, sequence, width, share), false);
  }

  /// Heads of `[B, T, H, D]`.
  private Matrix rows(OpenClStorage y, int from) {
    int pitch = heads * width;
    int sequence = length * pitch;
    return new Matrix(y, new Place(from * sequence, pitch, sequence, width, 1), false);
  }

  /// `[count, H, T, T]`.
  private Matrix square(OpenClStorage scores, boolean transposed) {
    int size = length * length;
    return new Matrix(scores, new Place(0, length, heads * size, size, 1), transposed);
  }

  /// Of a row: as many as in [CachedRows], whose softmax has the bits of this one.
  private int items() {
    return device.group();
  }

  private Kernel kernel(String name) {
    return device.programs().kernel("attention", DType.F32, name, "ITEMS=" + items());
  }
}
