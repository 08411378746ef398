package telos.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.BeamSearch;
import telos.nn.Completion;
import telos.nn.Generator;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Sampling;
import telos.nn.Warp;
import telos.nn.format.GenerationDefaults;
import telos.nn.format.Pretrained;
import telos.nn.text.ByteTokenizer;
import telos.tensor.Rng;

class GenerateTest {
  private static final int[] PROMPT = {1, 4, 2};
  private static final Gpt MODEL = Gpt.init(GptConfig.llama(1, 2, 1, 16, 12, 32, 11), Rng.of(1));

  @TempDir static Path folder;

  @BeforeAll
  static void save() throws Exception {
    Pretrained.of(MODEL).save(folder);
  }

  private record Result(int code, String out, String err) {}

  private static Result generate(String... options) {
    return run(
        Stream.concat(Stream.of("--model", folder.toString()), Arrays.stream(options))
            .toArray(String[]::new));
  }

  private static Result run(String... options) {
    List<String> args = new ArrayList<>(List.of("generate"));
    args.addAll(List.of(options));
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Telos.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(args.toArray(String[]::new));
    return new Result(code, out.toString(), err.toString());
  }

  private static String ids(int... tokens) {
    return Arrays.stream(tokens)
        .mapToObj(String::valueOf)
        .collect(Collectors.joining(",", "{\"ids\":[", "]}"));
  }

  private static List<Completion> completions(Sampling sampling, int samples) {
    int[][] prompts = new int[samples][];
    Arrays.fill(prompts, PROMPT);
    return Generator.generate(MODEL, prompts, sampling, Generator.keys(Rng.of(5), 1, samples));
  }

  @Test
  void idsAreContinuedAsTheLibraryDoes() {
    Result greedy = generate("--ids", "1,4,2", "--max-new-tokens", "8", "--greedy", "--json");
    assertEquals(0, greedy.code(), greedy.err());
    assertEquals(ids(completions(Sampling.greedy(8), 1).getFirst().tokens()), greedy.out().strip());
    Result sampled =
        generate(
            "--ids",
            "1,4,2",
            "--tokens",
            "8",
            "--samples",
            "3",
            "--seed",
            "5",
            "--json",
            "--top-p",
            "0.9",
            "--repetition-penalty",
            "1.5",
            "--logit-bias",
            "3=2,4=-1",
            "--min-p",
            "0.01");
    Sampling sampling =
        Sampling.of(8)
            .with(
                new Warp.TopP(0.9),
                new Warp.RepetitionPenalty(1.5),
                new Warp.Bias(Map.of(3, 2.0, 4, -1.0)),
                new Warp.MinP(0.01));
    assertEquals(
        completions(sampling, 3).stream().map(c -> ids(c.tokens())).toList(),
        sampled.out().lines().toList());
  }

  @Test
  void beamsAreThoseOfTheSearch() {
    Result found =
        generate("--ids", "1,4,2", "--tokens", "4", "--beams", "3", "--samples", "2", "--json");
    assertEquals(0, found.code(), found.err());
    var search = new BeamSearch(3, 2, 4, Set.of(), 1, false);
    assertEquals(
        search.search(MODEL, PROMPT).stream().map(h -> ids(h.completion().tokens())).toList(),
        found.out().lines().toList());
  }

  @Test
  void badInputIsOneSentence() {
    for (String[] wrong :
        new String[][] {
          {"--ids", "1,11"},
          {"--ids", "1", "--tokens", "32"},
          {"--prompt", "text"},
          {"--ids", "1", "--logit-bias", "99=1"}
        }) {
      Result result = generate(wrong);
      assertEquals(1, result.code(), result.out());
      assertEquals(1, result.err().lines().count(), result.err());
    }
    for (String[] usage :
        new String[][] {
          {"--ids", "1", "--min-p", "2"},
          {"--ids", "1", "--stop", "x"},
          {"--ids", "1", "--samples", "0"},
          {"--ids", "1", "--samples", "3", "--beams", "2"}
        }) {
      assertEquals(2, generate(usage).code());
    }
  }

  /// A stop string may lie across tokens; what comes before it is all there is.
  @Test
  void textsEndBeforeAStopString() {
    var heard = new StringBuilder();
    var bytes = new ByteTokenizer();
    var continuation = new Continuation(Optional.of(bytes), List.of("cd"), Set.of(), heard::append);
    boolean[] over = new boolean[1];
    for (int id : bytes.encode("abccdx")) {
      over[0] |= !over[0] && continuation.add(id);
    }
    continuation.finish();
    assertTrue(over[0]);
    assertEquals("abc", heard.toString());
    assertEquals("abc", continuation.text());
    assertEquals(5, continuation.ids().size());
  }

  /// A model whose end token is the second that it writes.
  @Test
  void endTokensEndUnlessIgnored(@TempDir Path other) throws Exception {
    int[] all = completions(Sampling.greedy(8), 1).getFirst().tokens();
    int end = all[1];
    assertTrue(all[0] != end, Arrays.toString(all));
    var own =
        new GenerationDefaults(
            OptionalInt.empty(),
            List.of(end),
            OptionalInt.empty(),
            false,
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalInt.empty());
    new Pretrained(MODEL, Optional.empty(), Optional.empty(), own).save(other);
    String[] asked = {"--model", other.toString(), "--ids", "1,4,2", "--tokens", "8", "--json"};
    assertEquals(ids(Arrays.copyOf(all, 2)), run(asked).out().strip());
    Result whole =
        run(Stream.concat(Stream.of(asked), Stream.of("--ignore-eos")).toArray(String[]::new));
    assertEquals(ids(all), whole.out().strip());
  }

  /// What a directory asks for holds until something else is asked for.
  @Test
  void defaultsAreTheDirectorys() throws Exception {
    var greedy = TextModel.load(folder);
    assertTrue(greedy.sampling(3).isGreedy());
    var own =
        new GenerationDefaults(
            OptionalInt.empty(),
            List.of(2),
            OptionalInt.empty(),
            true,
            OptionalDouble.of(0.7),
            OptionalDouble.empty(),
            OptionalInt.of(4));
    var model = new TextModel(MODEL, Optional.empty(), Optional.empty(), Optional.of(own));
    assertEquals(Sampling.of(3, 2).withTemperature(0.7).withTopK(4), model.sampling(3));
  }
}
