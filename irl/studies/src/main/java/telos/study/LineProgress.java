package telos.study;

import java.util.Locale;

/// One line when a stage ends: for logs.
final class LineProgress implements Progress.Stage {
  private final String name;
  private final long start = System.nanoTime();

  LineProgress(String name) {
    this.name = name;
  }

  @Override
  public void update(long done, long total) {}

  @Override
  public void close() {
    double seconds = (System.nanoTime() - start) / 1e9;
    System.err.println(String.format(Locale.ROOT, "%s: %.1f s", name, seconds));
  }
}
