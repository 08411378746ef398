package telos.devices.cpu;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Matrix products, `C = op(A) op(B) (+ bias row)`.
///
/// **Order of operations** (part of the meaning of a product): each element of C takes its inner
/// index `k` in blocks of [#BLOCK]; a block starts at 0 and accumulates `a * b` by fma in
/// increasing `k`; then `C = C + block` (the first block: `C = block`), and last the bias. Nothing
/// else (number of rows, tiles, width, threads, flags, packing) touches the bits.
///
/// The scheme is that of BLIS (Van Zee and van de Geijn 2015): B is packed into panels once, tasks
/// are blocks of C, and inside a task one panel of B at a time meets all rows of the task. Six rows
/// of A are read where they lie; a transposed A is first turned over, block by block. One to
/// [#FEW_ROWS] rows take [RowProduct] instead, which streams B as it lies.
final class MatMul {
  /// Inner indices of one chain of fma.
  static final int BLOCK = 256;

  /// Up to so many rows read an unpacked B row by row.
  static final int FEW_ROWS = 4;

  /// Below so many rows packing B costs more than it saves.
  private static final int UNPACKED_ROWS = 24;

  /// Rows that meet one panel of B at a time; their tile of C stays in L1.
  private static final int TILE_ROWS = 48;

  /// Rows and columns of C in one task, where there are tasks enough for any team; else a task has
  /// [#TILE_ROWS] rows.
  private static final int TASK_ROWS = 4 * TILE_ROWS;

  private static final int TASK_PANELS = 512 / PackedMatrix.WIDE;
  private static final int TASKS = 16;

  /// Floats of B packed at a time; wider products go slab by slab.
  private static final int PACKED_FLOATS = 1 << 22;

  private final Product product;
  private final float[] a;
  private final PackedMatrix[] matrices;
  private final float[] c;
  private final int cAt;
  private final int column;
  private final int columns;
  private final float @Nullable [] bias;
  private final int groups;
  private final int taskRows;

  /// The product's columns from `column` on, as many as the matrices have.
  private MatMul(
      Product product,
      float[] a,
      PackedMatrix[] matrices,
      float[] c,
      int cAt,
      int column,
      float @Nullable [] bias) {
    this.product = product;
    this.a = a;
    this.matrices = matrices;
    this.c = c;
    this.cAt = cAt;
    this.column = column;
    this.columns = matrices[0].n;
    this.bias = bias;
    groups = (PackedMatrix.panels(columns) + TASK_PANELS - 1) / TASK_PANELS;
    int tall = product.batch() * groups * (product.m() / TASK_ROWS);
    taskRows = tall >= TASKS ? TASK_ROWS : TILE_ROWS;
  }

  /// `c[cAt ...] = op(a) op(b)`, item after item, plus each item's bias row if there is one.
  static void run(
      Team team,
      Product product,
      float[] a,
      float[] b,
      float @Nullable [] bias,
      float[] c,
      int cAt) {
    if (product.batch() == 0 || product.m() == 0 || product.n() == 0) {
      return;
    }
    if (product.k() == 0) {
      zeros(product, bias, c, cAt);
    } else if (product.m() <= FEW_ROWS && !product.transposeB()) {
      RowProduct.run(team, product, a, b, bias, c, cAt);
    } else {
      slabs(team, product, a, b, bias, c, cAt);
    }
  }

  /// The same with a right operand packed before; `product.bAt()` is not read.
  static void run(
      Team team,
      Product product,
      float[] a,
      PackedMatrix b,
      float @Nullable [] bias,
      float[] c,
      int cAt) {
    if (product.batch() == 0 || product.m() == 0 || product.n() == 0) {
      return;
    }
    if (product.k() == 0) {
      zeros(product, bias, c, cAt);
      return;
    }
    PackedMatrix[] matrices = new PackedMatrix[product.batch()];
    Arrays.fill(matrices, b);
    new MatMul(product, a, matrices, c, cAt, 0, bias).run(team);
  }

  private static void zeros(Product product, float @Nullable [] bias, float[] c, int cAt) {
    int size = product.m() * product.n();
    Arrays.fill(c, cAt, cAt + product.batch() * size, 0f);
    for (int i = 0; bias != null && i < product.batch(); i++) {
      int at = product.biasAt()[i];
      Tiles.addRow(bias, at, c, cAt + i * size, product.n(), product.m(), product.n());
    }
  }

  private static void slabs(
      Team team,
      Product product,
      float[] a,
      float[] b,
      float @Nullable [] bias,
      float[] c,
      int cAt) {
    int wide = PackedMatrix.WIDE;
    int slab = Math.max(wide, PACKED_FLOATS / product.k() / wide * wide);
    for (int column = 0; column < product.n(); column += slab) {
      int columns = Math.min(slab, product.n() - column);
      boolean inPlace =
          !product.transposeB() && (product.m() < UNPACKED_ROWS || product.n() == wide);
      int first = inPlace ? columns / wide : 0;
      int size = PackedMatrix.size(product.k(), columns, first);
      int group = Math.max(1, PACKED_FLOATS / Math.max(size, 1));
      for (int from = 0; from < product.batch(); from += group) {
        int to = Math.min(product.batch(), from + group);
        Product part = product.items(from, to);
        int at = cAt + from * product.m() * product.n();
        packed(team, part, a, b, first, column, columns, bias, c, at);
      }
    }
  }

  private static void packed(
      Team team,
      Product product,
      float[] a,
      float[] b,
      int first,
      int column,
      int columns,
      float @Nullable [] bias,
      float[] c,
      int cAt) {
    int k = product.k();
    int size = PackedMatrix.size(k, columns, first);
    int[] distinct = distinct(product.bAt());
    float[] room = Scratch.take(size * distinct.length);
    PackedMatrix[] matrices = new PackedMatrix[distinct.length];
    boolean flipped = product.transposeB();
    int row = flipped ? k : product.n();
    for (int i = 0; i < distinct.length; i++) {
      int at = distinct[i] + (flipped ? column * k : column);
      matrices[i] = new PackedMatrix(b, at, row, flipped, k, columns, first, room, i * size);
    }
    if (size > 0) {
      PackedMatrix.pack(team, matrices);
    }
    PackedMatrix[] byItem = byItem(product.bAt(), distinct, matrices);
    new MatMul(product, a, byItem, c, cAt, column, bias).run(team);
    Scratch.give(room);
  }

  private static int[] distinct(int[] starts) {
    return starts.length == 1 ? starts : Arrays.stream(starts).distinct().toArray();
  }

  private static PackedMatrix[] byItem(int[] starts, int[] distinct, PackedMatrix[] matrices) {
    if (starts.length == distinct.length) {
      return matrices;
    }
    Map<Integer, PackedMatrix> byStart = HashMap.newHashMap(distinct.length);
    for (int i = 0; i < distinct.length; i++) {
      byStart.put(distinct[i], matrices[i]);
    }
    PackedMatrix[] byItem = new PackedMatrix[starts.length];
    Arrays.setAll(byItem, i -> Objects.requireNonNull(byStart.get(starts[i])));
    return byItem;
  }

  private void run(Team team) {
    int rowBlocks = (product.m() + taskRows - 1) / taskRows;
    int each = rowBlocks * groups;
    double nanos =
        product.nanos(
            Math.min(product.m(), taskRows), Math.min(columns, TASK_PANELS * PackedMatrix.WIDE));
    int chunk = (int) Math.max(1, Math.min(1 << 20, Team.WORTHWHILE_NANOS / nanos));
    team.split(
        product.batch() * each,
        chunk,
        nanos,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            task(i / each, i % each / groups, i % each % groups);
          }
        });
  }

  /// Rows and panels of one task, over all inner indices.
  private void task(int item, int rowBlock, int group) {
    int row = rowBlock * taskRows;
    int rows = Math.min(taskRows, product.m() - row);
    int panel = group * TASK_PANELS;
    int panels = Math.min(PackedMatrix.panels(columns), panel + TASK_PANELS);
    float[] tile = Scratch.take(TILE_ROWS * PackedMatrix.WIDE + taskRows * BLOCK);
    for (int block = 0; block * BLOCK < product.k(); block++) {
      block(item, row, rows, panel, panels, block, tile);
    }
    Scratch.give(tile);
    if (bias != null) {
      int from = column + panel * PackedMatrix.WIDE;
      int width = Math.min(columns, panels * PackedMatrix.WIDE) + column - from;
      Tiles.addRow(
          bias, product.biasAt()[item] + from, c, at(item, row) + from, product.n(), rows, width);
    }
  }

  /// Where row `row` of an item of C starts.
  private int at(int item, int row) {
    return cAt + (item * product.m() + row) * product.n();
  }

  /// One block of inner indices of a task: where its rows of A are read, then panel by panel.
  private void block(int item, int row, int rows, int panel, int panels, int block, float[] tile) {
    int from = block * BLOCK;
    int depth = Math.min(BLOCK, product.k() - from);
    int at = product.aAt()[item] + row * product.aRow() + from * product.aStep();
    if (product.transposeA() && columns > PackedMatrix.WIDE) {
      int room = TILE_ROWS * PackedMatrix.WIDE;
      Transposition.copy(a, at, product.aStep(), depth, rows, tile, room, BLOCK);
      for (int j = panel; j < panels; j++) {
        panel(item, row, rows, j, block, depth, tile, room, BLOCK, 1, tile);
      }
    } else {
      for (int j = panel; j < panels; j++) {
        panel(item, row, rows, j, block, depth, a, at, product.aRow(), product.aStep(), tile);
      }
    }
  }

  /// One panel of columns, some rows at a time: the panel is in L2 after the first of them.
  private void panel(
      int item,
      int row,
      int rows,
      int panel,
      int block,
      int depth,
      float[] left,
      int leftAt,
      int leftRow,
      int leftStep,
      float[] tile) {
    PackedMatrix b = matrices[item];
    int width = Math.min(PackedMatrix.WIDE, columns - panel * PackedMatrix.WIDE);
    int padded = b.width(panel);
    float[] bs = b.array(panel);
    int bAt = b.at(block, panel);
    int bStep = b.step(panel);
    int n = product.n();
    for (int i = 0; i < rows; i += TILE_ROWS) {
      int some = Math.min(TILE_ROWS, rows - i);
      int aAt = leftAt + i * leftRow;
      int to = at(item, row + i) + column + panel * PackedMatrix.WIDE;
      if (block == 0 && width == padded) {
        Tiles.product(some, depth, left, aAt, leftRow, leftStep, bs, bAt, bStep, padded, c, to, n);
        continue;
      }
      Tiles.product(
          some, depth, left, aAt, leftRow, leftStep, bs, bAt, bStep, padded, tile, 0, padded);
      if (block == 0) {
        Tiles.copy(tile, padded, c, to, n, some, width);
      } else {
        Tiles.add(tile, padded, c, to, n, some, width);
      }
    }
  }
}
