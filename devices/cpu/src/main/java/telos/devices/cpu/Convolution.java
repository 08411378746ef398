package telos.devices.cpu;

import java.util.Arrays;

/// Two-dimensional cross-correlation as a matrix product: each image becomes a matrix `[C kh kw, oh
/// ow]` of its windows (im2col), which the weights `[O, C kh kw]` multiply from the left. The inner
/// index runs over (channel, kh, kw) in that order; the rest of the order is that of [MatMul].
record Convolution(
    int channels,
    int height,
    int width,
    int outputs,
    int kernelHeight,
    int kernelWidth,
    int stride,
    int padding,
    int outHeight,
    int outWidth) {

  /// Floats of windows held at a time.
  private static final int WINDOW_FLOATS = 1 << 22;

  /// `out [B, O, oh, ow]` of `x [B, C, H, W]` and `w [O, C, kh, kw]`.
  void run(Team team, int batch, float[] x, float[] w, float[] out) {
    int depth = channels * kernelHeight * kernelWidth;
    int pixels = outHeight * outWidth;
    int size = Math.multiplyExact(depth, pixels);
    int group = Math.max(1, Math.min(batch, WINDOW_FLOATS / Math.max(1, size)));
    float[] windows = Scratch.take(Math.multiplyExact(group, size));
    for (int from = 0; from < batch; from += group) {
      int first = from;
      int items = Math.min(group, batch - from);
      team.split(
          items * depth,
          Math.max(1, 20_000 / Math.max(1, pixels)),
          pixels,
          (start, end) -> {
            for (int i = start; i < end; i++) {
              row(x, first + i / depth, i % depth, windows, i * pixels);
            }
          });
      Product product = Product.of(outputs, pixels, depth, false, false);
      MatMul.run(
          team,
          product.repeated(items, 0, size, 0),
          w,
          windows,
          null,
          out,
          from * outputs * pixels);
    }
    Scratch.give(windows);
  }

  /// One row of a window matrix: the pixels that one weight meets.
  private void row(float[] x, int item, int index, float[] windows, int to) {
    int kw = index % kernelWidth;
    int kh = index / kernelWidth % kernelHeight;
    int channel = index / kernelWidth / kernelHeight;
    int plane = (item * channels + channel) * height * width;
    for (int i = 0; i < outHeight; i++) {
      int h = i * stride - padding + kh;
      int at = to + i * outWidth;
      if (h < 0 || h >= height) {
        Arrays.fill(windows, at, at + outWidth, 0f);
      } else {
        line(x, plane + h * width, kw - padding, windows, at);
      }
    }
  }

  private void line(float[] x, int from, int shift, float[] windows, int at) {
    for (int j = 0; j < outWidth; j++) {
      int w = j * stride + shift;
      windows[at + j] = w >= 0 && w < width ? x[from + w] : 0f;
    }
  }
}
