package telos.devices.opencl;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import telos.tensor.DType;
import telos.tensor.Tensor;
import telos.tensor.fused.CachedAttention;

/// Attention of new queries against cached keys and values, which are read where they lie, some
/// blocks a launch (`attention.cl`): scores, their softmax, and the values they weigh. Scores and
/// results are chains of fma in the order of a product, and the softmax is that of
/// [CausalAttention], so each row has the bits it has in a whole pass.
final class CachedRows {
  /// Blocks of a launch: parameters of the kernels.
  private static final int BLOCKS = 8;

  private final OpenClDevice device;
  private final CachedAttention op;
  private final int rows;
  private final int queries;
  private final int heads;
  private final int keyHeads;
  private final int width;
  private final int length;

  private CachedRows(OpenClDevice device, CachedAttention op) {
    this.device = device;
    this.op = op;
    this.queries = op.q().dim(1);
    this.heads = op.q().dim(2);
    this.keyHeads = op.keys().getFirst().dim(1);
    this.width = op.q().dim(3);
    this.rows = op.q().size() / width;
    this.length = op.keys().size() * CachedAttention.BLOCK;
  }

  static List<Tensor> run(OpenClDevice device, CachedAttention op) {
    return new CachedRows(device, op).run();
  }

  private List<Tensor> run() {
    OpenClStorage y = device.storage(DType.F32, op.shape().size(), op.name());
    int size = Math.multiplyExact(rows, length);
    OpenClStorage scores = device.storage(DType.F32, size, "attention scores");
    int lanes = lanes(CachedAttention.BLOCK);
    int across = CachedAttention.BLOCK / lanes;
    inParts("cached_scores", lanes, op.keys(), across, OpenClStorage.of(op.q()), scores);
    kernel("cached_softmax", lanes)
        .run(
            Range.groups(rows, device.group()),
            scores,
            op.start(),
            queries,
            heads,
            length,
            op.scale(),
            op.window());
    inParts("cached_values", lanes(width), op.values(), 0, scores, y);
    scores.consume();
    return List.of(device.tensor(y, op.shape(), DType.F32));
  }

  /// Launches for all blocks.
  ///
  /// @param across items of a row for each block, or 0 where they do not depend on the blocks
  private void inParts(
      String name,
      int lanes,
      List<Tensor> blocks,
      int across,
      OpenClStorage from,
      OpenClStorage to) {
    for (int first = 0; first < blocks.size(); first += BLOCKS) {
      List<Tensor> some = blocks.subList(first, Math.min(blocks.size(), first + BLOCKS));
      long items = (long) rows * (across == 0 ? width / lanes : across * some.size());
      List<Object> arguments = new ArrayList<>(List.of(from, to, op.start(), rows, queries, heads));
      arguments.addAll(List.of(keyHeads, width, length, op.window(), first, some.size()));
      arguments.addAll(some);
      arguments.addAll(Collections.nCopies(BLOCKS - some.size(), some.getFirst()));
      kernel(name, lanes).run(Range.of(items, device.group()), arguments.toArray());
    }
  }

  /// The widest vectors of the device of which `extent` is a multiple.
  private int lanes(int extent) {
    int lanes = device.lanes();
    while (extent % lanes != 0) {
      lanes /= 2;
    }
    return lanes;
  }

  private Kernel kernel(String name, int lanes) {
    return device
        .programs()
        .kernel("attention", DType.F32, name, "ITEMS=" + device.group(), "LANES=" + lanes);
  }
}
