package telos.devices.opencl;

import java.util.ArrayList;
import java.util.List;
import telos.tensor.DType;

/// A way to cut a product into work-groups. Any gives the right result on any device; how fast it
/// is depends on the device, see [Tuning].
sealed interface Scheme {
  /// The name in the file of the tuning.
  String name();

  /// Puts the product on the queue.
  void run(OpenClDevice device, Product product);

  /// All that this device can run.
  static List<Scheme> of(Hardware hardware) {
    List<Scheme> schemes = new ArrayList<>();
    for (int rows : new int[] {4, 6, 8}) {
      schemes.add(new Panels(rows, hardware.lanes()));
    }
    for (Tiles tiles :
        List.of(
            new Tiles(4, 4, 8, 8, 16),
            new Tiles(4, 4, 16, 16, 16),
            new Tiles(8, 8, 8, 8, 8),
            new Tiles(8, 8, 16, 16, 8))) {
      if (tiles.localBytes() <= hardware.localMemory()
          && tiles.items() <= hardware.largestGroup()) {
        schemes.add(tiles);
      }
    }
    return schemes;
  }

  /// Work-groups that pass slabs of the operands through local memory, see `matmul.cl`.
  ///
  /// @param rows of C that a work-item holds
  /// @param columns of C that a work-item holds
  /// @param across work-items of a group along n
  /// @param down work-items of a group along m
  /// @param depth of a slab
  record Tiles(int rows, int columns, int across, int down, int depth) implements Scheme {
    int items() {
      return across * down;
    }

    int tileRows() {
      return rows * down;
    }

    int tileColumns() {
      return columns * across;
    }

    long localBytes() {
      return 2L * Float.BYTES * depth * (tileRows() + tileColumns() + 8);
    }

    @Override
    public String name() {
      return "tiles-%dx%d-%dx%d-%d".formatted(rows, columns, across, down, depth);
    }

    /// Tiles of a product of this size.
    long groups(long m, long n, long items) {
      return (m + tileRows() - 1) / tileRows() * ((n + tileColumns() - 1) / tileColumns()) * items;
    }

    @Override
    public void run(OpenClDevice device, Product p) {
      Kernel kernel =
          device
              .programs()
              .kernel(
                  "tiles",
                  DType.F32,
                  "product_of_tiles",
                  "TM=" + rows,
                  "TN=" + columns,
                  "WX=" + across,
                  "WY=" + down,
                  "DEPTH=" + depth,
                  "TRANSPOSE_A=" + flag(p.a().transposed()),
                  "TRANSPOSE_B=" + flag(p.b().transposed()),
                  "BIAS=" + flag(p.bias() != null),
                  "ALIGNED=" + flag(p.aligned()),
                  "CAUSAL=" + p.mask().number);
      kernel.run(
          Range.groups(groups(p.m(), p.n(), p.items()), items()),
          p.a().storage(),
          p.b().storage(),
          p.bias() == null ? p.c().storage() : p.bias(),
          p.c().storage(),
          p.m(),
          p.n(),
          p.k(),
          p.a().place().argument(),
          p.b().place().argument(),
          p.c().place().argument(),
          p.biasStep(),
          p.inner(),
          p.window());
    }
  }

  /// Work-items that are whole vector units, reading panels, see `panels.cl`.
  ///
  /// @param rows of C that a work-item holds
  /// @param lanes floats of a vector; a work-item holds two vectors of columns
  record Panels(int rows, int lanes) implements Scheme {
    @Override
    public String name() {
      return "panels-%dx%d".formatted(rows, lanes);
    }

    @Override
    public void run(OpenClDevice device, Product p) {
      int columns = 2 * lanes;
      OpenClStorage x = packed(device, p, p.a(), p.m(), rows, p.a().transposed());
      OpenClStorage y = packed(device, p, p.b(), p.n(), columns, !p.b().transposed());
      int down = Math.ceilDiv(p.m(), rows);
      int across = Math.ceilDiv(p.n(), columns);
      kernel(device, p, "product_of_panels")
          .run(
              Range.groups((long) down * across * p.items(), 1),
              x,
              y,
              p.bias() == null ? p.c().storage() : p.bias(),
              p.c().storage(),
              p.m(),
              p.n(),
              p.k(),
              p.c().place().argument(),
              Math.toIntExact((long) down * rows * p.k()),
              Math.toIntExact((long) across * columns * p.k()),
              p.biasStep(),
              p.inner());
      x.consume();
      y.consume();
    }

    private Kernel kernel(OpenClDevice device, Product p, String name) {
      return device
          .programs()
          .kernel(
              "panels",
              DType.F32,
              name,
              "ROWS=" + rows,
              "LANES=" + lanes,
              "BIAS=" + flag(p.bias() != null));
    }

    /// A copy of the rows (or, `turned`, the columns) of matrices, `width` by `width`.
    private OpenClStorage packed(
        OpenClDevice device,
        Product p,
        Product.Matrix matrix,
        int extent,
        int width,
        boolean turned) {
      int panels = Math.ceilDiv(extent, width);
      int size = Math.toIntExact((long) p.items() * panels * width * p.k());
      OpenClStorage copy = device.storage(DType.F32, size, "panels");
      kernel(device, p, "pack")
          .run(
              Range.groups((long) panels * p.items(), 1),
              matrix.storage(),
              copy,
              extent,
              p.k(),
              matrix.place().argument(),
              turned ? 1 : 0,
              p.inner(),
              width);
      return copy;
    }
  }

  private static int flag(boolean value) {
    return value ? 1 : 0;
  }
}
