package telos.devices.cpu;
final class Scrap {
  public static void main(String[] a) {
    for (int tile = 0; tile < 4; tile++) {
    int w = 64 * (tile + 1), t = tile * 64;
    float[] z = MatMulTest.random(64 * w, 1); float[] x = new float[64 * w]; float[] st = new float[128];
    double c = Timing.seconds(() -> { System.arraycopy(z, 0, x, 0, 64 * w);});
    double s = Timing.seconds(() -> { System.arraycopy(z, 0, x, 0, 64 * w); AttentionRows.softmax(x, 0, w, 64, t + 1, w, 0.125f, st, 0);});
    System.out.printf("%d %.2f us, per row %.1f ns, per element %.3f%n", w, (s - c) * 1e6, (s-c)*1e9/64, (s-c)*1e9/64/(t+32));
    }
    Heads heads = new Heads(8, 256, 6, 6, 64, 0.125f);
    float[] qkv = MatMulTest.random(2048 * heads.row(), 1);
    float[] room = new float[64 * 256 * 2];
    double b = Timing.seconds(() -> { for (int i = 0; i < 48; i++) HeadRows.blocks(heads, qkv, heads.keyAt(i / 6, i % 6), room, 0); });
    double v = Timing.seconds(() -> { for (int i = 0; i < 48; i++) HeadRows.of(heads, qkv, heads.valueAt(i / 6, i % 6), heads.row(), 256, room, 64 * 256); });
    System.out.printf("blocks %.1f us, rows %.1f us%n", b * 1e6, v * 1e6);
  }
}
