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
/// are blocks of C ([Cut]), and inside a task one panel of B at a time meets all rows of the task,
/// or a strip of them where C is wide. Rows of A are read where they lie, or gathered first
/// ([RowStrips]). A single row takes [RowProduct] instead, which streams B as it lies.
final class MatMul {
  /// Inner indices of one chain of fma.
  static final int BLOCK = 256;

  /// Rows that meet all panels of a task before the next rows do, where each row of C is in a page
  /// of its own ([#PAGE] floats): 96 pages are more than the first TLB keeps. A multiple of
  /// [RowStrips#LENGTH].
  private static final int STRIP = 48;

  /// Floats of a page.
  private static final int PAGE = 1024;

  /// Below so many rows packing B costs more than it saves.
  private static final int UNPACKED_ROWS = 24;

  /// Gathering rows of an operand that is not transposed pays from so many rows and panels on.
  private static final int GATHERED_ROWS = 8;

  private static final int GATHERED_PANELS = 2;

  /// A transposed A with so few rows is read in place where one panel meets it.
  private static final int IN_PLACE_ROWS = 128;

  /// Where results that cannot go straight to C wait in a task's working memory.
  private static final int TILE = Scratch.ALIGNED;

  /// Floats of B packed at a time, so that they stay in L3; wider products go slab by slab.
  private static final int PACKED_FLOATS = 1 << 20;

  private final Product product;
  private final float[] a;
  private final PackedMatrix[] matrices;
  private final float[] c;
  private final int cAt;
  private final int column;
  private final int columns;
  private final float @Nullable [] bias;
  private final Cut cut;

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
    cut = Cut.of(product, columns, gathered());
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
    } else if (product.m() == 1 && !product.transposeB()) {
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
      matrices[i] =
          new PackedMatrix(
              b, at, row, flipped, k, columns, first, room, Scratch.ALIGNED + i * size);
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
    team.each(
        product.batch() * cut.tasks(),
        cut.nanos(),
        (from, to) -> {
          for (int i = from; i < to; i++) {
            task(i / cut.tasks(), cut.row(i % cut.tasks()), cut.panel(i % cut.tasks()));
          }
        });
  }

  /// The rows from `row` and the panels from `panel` on of one task, over all inner indices.
  private void task(int item, int row, int panel) {
    int rows = Math.min(cut.rows(), product.m() - row);
    int panels = Math.min(PackedMatrix.panels(columns), panel + cut.panels());
    int waiting = Tiles.WAITING * PackedMatrix.WIDE;
    float[] room = Scratch.take(waiting + (gathered() ? RowStrips.size(rows) : 0));
    for (int from = 0; from < product.k(); from += BLOCK) {
      int depth = Math.min(BLOCK, product.k() - from);
      int at = product.aAt()[item] + row * product.aRow() + from * product.aStep();
      RowStrips left =
          gathered()
              ? gather(at, rows, depth, room, TILE + waiting)
              : RowStrips.inPlace(a, at, product.aRow(), product.aStep());
      int strip = product.n() < PAGE ? rows : STRIP;
      for (int i = 0; i < rows; i += strip) {
        for (int j = panel; j < panels; j++) {
          panel(item, row + i, Math.min(strip, rows - i), j, from, depth, left.from(i), room);
        }
      }
    }
    Scratch.give(room);
  }

  /// Whether the rows of A are gathered.
  private boolean gathered() {
    if (product.transposeA()) {
      return columns > PackedMatrix.WIDE || product.m() > IN_PLACE_ROWS;
    }
    return Lanes.BITS < 512
        && product.k() != BLOCK
        && product.m() >= GATHERED_ROWS
        && columns >= GATHERED_PANELS * PackedMatrix.WIDE;
  }

  private RowStrips gather(int at, int rows, int depth, float[] room, int roomAt) {
    return product.transposeA()
        ? RowStrips.copy(a, at, product.aStep(), rows, depth, room, roomAt)
        : RowStrips.lines(a, at, product.aRow(), rows, depth, room, roomAt);
  }

  /// One block of inner indices for one panel of columns. Results go straight to C if they can;
  /// else they wait in `room`, from [#TILE] on.
  private void panel(
      int item, int row, int rows, int panel, int from, int depth, RowStrips left, float[] room) {
    PackedMatrix b = matrices[item];
    int block = from / BLOCK;
    int first = panel * PackedMatrix.WIDE;
    int width = Math.min(PackedMatrix.WIDE, columns - first);
    int padded = b.width(panel);
    boolean add = from > 0;
    boolean adds = Tiles.adds(left.row(), left.step(), b.step(panel), padded);
    boolean direct = width == padded && (!add || adds);
    float[] added = from + depth == product.k() ? bias : null;
    int step = direct && added == null ? left.length() : Tiles.WAITING;
    int n = product.n();
    for (int i = 0; i < rows; i += step) {
      int some = Math.min(step, rows - i);
      int to = cAt + (item * product.m() + row + i) * n + column + first;
      Tiles.product(
          some,
          depth,
          left.array(),
          left.at(i),
          left.row(),
          left.step(),
          b.array(panel),
          b.at(block, panel),
          b.step(panel),
          padded,
          direct ? c : room,
          direct ? to : TILE,
          direct ? n : padded,
          direct && add);
      if (!direct && add) {
        Tiles.add(room, TILE, padded, c, to, n, some, width);
      } else if (!direct) {
        Tiles.copy(room, TILE, padded, c, to, n, some, width);
      }
      if (added != null) {
        Tiles.addRow(added, product.biasAt()[item] + column + first, c, to, n, some, width);
      }
    }
  }
}
