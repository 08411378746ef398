package telos.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Beam search for the completions of highest score `log p(y | x) / |y|^lengthPenalty`, with `log
/// p` the sum of the model's own log-probabilities. In every step each beam goes on with every
/// token; of all these the most likely stay. One that ends with a stop token is finished if it is
/// among the `beams` most likely, and gives its place to the next.
///
/// The search ends with the limit, or when `beams` completions are finished and nothing unfinished
/// can still score higher than the worst of them; with `early`, as soon as `beams` are finished.
///
/// @param beams how many unfinished completions are kept
/// @param best how many completions are returned, at most `beams`
/// @param lengthPenalty 0 compares sums, 1 means, more favours length: the exponent that Hugging
///   Face's transformers call by this name (Wu et al. 2016, equation 14, take `((5 + |y|)/6)`)
public record BeamSearch(
    int beams,
    int best,
    int maxNewTokens,
    Set<Integer> stopTokens,
    double lengthPenalty,
    boolean early) {
  public BeamSearch {
    stopTokens = Set.copyOf(stopTokens);
    boolean holds = beams >= 1 && best >= 1 && best <= beams && maxNewTokens >= 1;
    if (!holds || !Double.isFinite(lengthPenalty)) {
      throw new IllegalArgumentException(
          "beam search: %d beams, %d best, %d new tokens, length penalty %s; needs 1 <= best <= beams, at least one token, a finite penalty"
              .formatted(beams, best, maxNewTokens, lengthPenalty));
    }
  }

  /// The best completion by mean log-probability.
  public static BeamSearch of(int beams, int maxNewTokens, Integer... stopTokens) {
    return new BeamSearch(beams, 1, maxNewTokens, Set.copyOf(Arrays.asList(stopTokens)), 1, false);
  }

  /// A completion.
  ///
  /// @param logProb sum of its log-probabilities
  public record Hypothesis(Completion completion, double logProb, double score) {}

  /// An unfinished completion.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Beam(int[] tokens, float[] logProbs, double sum) {
    Beam with(int token, float logProb) {
      int[] nextTokens = Arrays.copyOf(tokens, tokens.length + 1);
      float[] nextLogProbs = Arrays.copyOf(logProbs, tokens.length + 1);
      nextTokens[tokens.length] = token;
      nextLogProbs[tokens.length] = logProb;
      return new Beam(nextTokens, nextLogProbs, sum + logProb);
    }
  }

  /// A beam and a token to go on with.
  private record Continuation(int beam, int token, double sum) {
    /// The least likely first, of equals the last.
    static final Comparator<Continuation> RISING =
        Comparator.comparingDouble(Continuation::sum)
            .thenComparing(Comparator.comparingInt(Continuation::beam).reversed())
            .thenComparing(Comparator.comparingInt(Continuation::token).reversed());
  }

  /// @param prompt at least one token; with the new ones it must fit the context
  /// @return the best completions, the one of highest score first
  public List<Hypothesis> search(Gpt model, int[] prompt) {
    Prompts.check(model, "the prompt", prompt, maxNewTokens);
    return Prompts.reading(
        model, () -> Scope.call("beam search", () -> new Search(model, prompt).run()));
  }

  private double score(double logProb, int length) {
    return logProb / StrictMath.pow(length, lengthPenalty);
  }

  /// A search on its way.
  private final class Search {
    private final Gpt model;
    private final List<Hypothesis> finished = new ArrayList<>();
    private List<Beam> live = List.of(new Beam(new int[0], new float[0], 0));
    private Decoding decoding;

    Search(Gpt model, int[] prompt) {
      this.model = model;
      decoding =
          Decoding.prefill(model, Rows.pad(new int[][] {prompt}, 0), Tensor.of(prompt.length));
    }

    List<Hypothesis> run() {
      List<Continuation> kept = grow();
      while (!live.isEmpty() && !isDecided()) {
        read(kept);
        kept = grow();
      }
      return finished.stream().limit(best).toList();
    }

    /// One more token for every beam.
    ///
    /// @return where the beams that are still live come from
    private List<Continuation> grow() {
      float[] logProbs = Scope.call("score", () -> LogProbs.all(decoding.logits()).toFloats());
      List<Continuation> ranked = ranked(logProbs);
      List<Continuation> kept = new ArrayList<>();
      List<Beam> grown = new ArrayList<>();
      for (int rank = 0; rank < ranked.size() && kept.size() < beams; rank++) {
        Continuation next = ranked.get(rank);
        Beam from = live.get(next.beam());
        float logProb = logProbs[next.beam() * model.config().vocabulary() + next.token()];
        Beam beam = from.with(next.token(), logProb);
        boolean stopped = stopTokens.contains(next.token());
        if (stopped ? rank < beams : beam.tokens().length == maxNewTokens) {
          finish(beam, stopped);
        } else if (!stopped) {
          kept.add(next);
          grown.add(beam);
        }
      }
      live = grown;
      return kept;
    }

    /// The most likely continuations of all beams: enough for all places even where every beam's
    /// stop tokens are among them.
    private List<Continuation> ranked(float[] logProbs) {
      int vocabulary = model.config().vocabulary();
      int most = beams * (1 + stopTokens.size());
      PriorityQueue<Continuation> ranked = new PriorityQueue<>(Continuation.RISING);
      for (int i = 0; i < live.size() * vocabulary; i++) {
        double sum = live.get(i / vocabulary).sum() + logProbs[i];
        boolean fits = ranked.size() < most || sum > ranked.element().sum();
        if (fits && sum > Double.NEGATIVE_INFINITY) {
          ranked.add(new Continuation(i / vocabulary, i % vocabulary, sum));
        }
        if (ranked.size() > most) {
          ranked.remove();
        }
      }
      if (ranked.isEmpty()) {
        throw new ArithmeticException(
            "beam search: no token has a finite log-probability at token "
                + live.getFirst().tokens().length
                + "; the model's logits there are not finite");
      }
      return ranked.stream().sorted(Continuation.RISING.reversed()).toList();
    }

    private void finish(Beam beam, boolean stopped) {
      Completion completion =
          new Completion(beam.tokens(), beam.logProbs(), beam.logProbs(), stopped);
      finished.add(new Hypothesis(completion, beam.sum(), score(beam.sum(), beam.tokens().length)));
      finished.sort(Comparator.comparingDouble(Hypothesis::score).reversed());
      if (finished.size() > beams) {
        finished.removeLast();
      }
    }

    /// True if no beam can still become one of the best. A sum only falls, so that a beam's score
    /// is at most its sum over the length that flatters it, which is one of the two ends.
    private boolean isDecided() {
      if (finished.size() < beams) {
        return false;
      }
      Beam first = live.getFirst();
      double attainable =
          Math.max(score(first.sum(), first.tokens().length + 1), score(first.sum(), maxNewTokens));
      return early || attainable <= finished.getLast().score();
    }

    /// Reads the last tokens of the beams that are live.
    private void read(List<Continuation> kept) {
      int[] parents = kept.stream().mapToInt(Continuation::beam).toArray();
      int[] tokens = kept.stream().mapToInt(Continuation::token).toArray();
      Decoding last = decoding;
      decoding =
          Scope.call(
              "beam",
              () -> {
                KvCache own = last.cache().gather(Tensor.of(parents));
                Decoding.Step step = Decoding.Step.of(model, List.of(own), Tensor.of(tokens), true);
                return new Decoding(step.logits(), step.caches().getFirst());
              });
      last.cache().retire(decoding.cache());
      last.logits().storage().consume();
    }
  }
}
