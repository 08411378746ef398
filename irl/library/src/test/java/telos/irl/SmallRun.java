package telos.irl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import telos.nn.AdamW;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Schedule;
import telos.nn.text.DemonstrationStream;
import telos.nn.text.Demonstrations;
import telos.nn.text.SubwordTokenizer;
import telos.tensor.Rng;

/// A fine-tuning run of a second or two with everything in it: accumulation, an average, held-out
/// data, a shuffling buffer smaller than the data. As a program it goes on from the newest
/// checkpoint, so that it can be killed again and again.
///
///     SmallRun DATA CHECKPOINTS STEPS
final class SmallRun {
  static final int EVERY = 4;
  private static final List<String> WORDS = List.of("red", "green", "blue", "sun", "sea", "tree");

  private SmallRun() {}

  public static void main(String... args) throws IOException {
    SftState end = go(Path.of(args[0]), Path.of(args[1]), Long.parseLong(args[2]), _ -> true);
    System.out.println("finished " + end.step());
  }

  /// Data of 30 lines in two forms.
  static Path data(Path folder) throws IOException {
    var text = new StringBuilder();
    for (int i = 0; i < 30; i++) {
      String a = WORDS.get(i % 6);
      String b = WORDS.get(i / 6);
      text.append(
          i % 3 == 0
              ? "{\"text\": \"the %s of the %s\"}\n".formatted(a, b)
              : "{\"prompt\": \"the %s\", \"completion\": \" is %s\"}\n".formatted(a, b));
    }
    return Files.writeString(folder.resolve("data.jsonl"), text);
  }

  static Demonstrations demonstrations() {
    var tokenizer = SubwordTokenizer.train(List.of("the red sea of the green tree"), 264);
    var ended = tokenizer.withSpecialTokens(List.of("<end>"));
    return new Demonstrations(ended, Optional.empty(), ended.specialId("<end>"), 32);
  }

  static Gpt model() {
    return Gpt.init(
        GptConfig.llama(1, 2, 1, 8, 12, 32, demonstrations().tokenizer().vocabularySize()),
        Rng.of(1));
  }

  static Sft.Plan plan(long steps) {
    return new Sft.Plan(
        AdamW.of(Schedule.warmupCosine(1e-2, 1e-3, 5, 100)),
        steps,
        2,
        2,
        1,
        new Sft.Regularisation(0.1, 1e-4, 0),
        0.9,
        EVERY,
        _ -> true,
        Rng.of(2));
  }

  static DemonstrationStream stream(Path data) throws IOException {
    var order = new DemonstrationStream.Order(8, Rng.of(3), line -> line % 7 != 0);
    return DemonstrationStream.open(data, demonstrations(), order);
  }

  /// From the newest checkpoint, if there is one, to the last step or until `watch` has enough.
  static SftState go(Path data, Path checkpoints, long steps, Predicate<Sft.Step> watch)
      throws IOException {
    Sft.Plan plan = plan(steps);
    var heldOut = DemonstrationStream.first(data, demonstrations(), line -> line % 7 == 0, 99);
    try (DemonstrationStream stream = stream(data)) {
      SftState from = SftState.resumed(SftState.init(model(), plan), plan, stream, checkpoints);
      System.out.println("from " + from.step());
      return Sft.run(from, plan, stream, heldOut, checkpoints, watch);
    }
  }
}
