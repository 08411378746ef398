package telos.nn.serve;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.text.ByteTokenizer;
import telos.nn.text.Tokenizer;
import telos.tensor.Rng;

/// A batch whose rows write one known text, byte by byte, and then for ever the letter z; a step
/// takes place when a test permits it.
final class Scripted implements Batch, AutoCloseable {
  static final ByteTokenizer BYTES = new ByteTokenizer();

  private final int[] script;
  private final Map<Integer, Integer> written = new LinkedHashMap<>();
  private int next;

  /// How many steps may take place.
  final Semaphore steps;

  /// Rows that have not ended.
  final AtomicInteger rows = new AtomicInteger();

  private Scripted(int[] script, int steps) {
    this.script = script;
    this.steps = new Semaphore(steps);
  }

  /// Any number of steps.
  static Scripted of(String text) {
    return new Scripted(BYTES.encode(text), Integer.MAX_VALUE);
  }

  /// As [#of], ended by the stop token.
  static Scripted ending(String text) {
    int[] script = java.util.Arrays.copyOf(BYTES.encode(text), BYTES.encode(text).length + 1);
    script[script.length - 1] = Tokenizer.EOS;
    return new Scripted(script, Integer.MAX_VALUE);
  }

  /// No step yet.
  static Scripted waiting(String text) {
    return new Scripted(BYTES.encode(text), 0);
  }

  /// The model in front of it, which never runs.
  static ServedModel model() {
    Gpt gpt = Gpt.init(GptConfig.gpt2(1, 1, 4, 512, BYTES.vocabularySize()), Rng.of(0));
    return new ServedModel("bytes", gpt, BYTES, Optional.empty(), Set.of(Tokenizer.EOS));
  }

  @Override
  public int add(Passage passage) {
    rows.incrementAndGet();
    written.put(next, 0);
    return next++;
  }

  @Override
  public List<Written> step() {
    steps.acquireUninterruptibly();
    var all = new ArrayList<Written>();
    written.replaceAll((row, at) -> {
      int id = at < script.length ? script[at] : BYTES.encode("z")[0];
      float logProb = -(at + 1) / 8f;
      all.add(new Written.Token(row, id, logProb, List.of(new Written.Likely(id, logProb))));
      return at + 1;
    });
    return all;
  }

  @Override
  public void remove(int row) {
    if (written.remove(row) != null) {
      rows.decrementAndGet();
    }
  }

  /// Permits all steps, so that a server can end.
  @Override
  public void close() {
    steps.release(1 << 20);
  }
}
