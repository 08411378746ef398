package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.format.GenerationDefaults;
import telos.nn.format.Pretrained;
import telos.nn.text.SubwordTokenizer;
import telos.tensor.Rng;

/// The chapter on language models shows what works: its four examples in one program, on a small
/// model.
class NnReadmeTest {
  private static final String HEAD =
      """
      import java.nio.file.Path;
      import java.util.*;
      import telos.irl.*;
      import telos.nn.*;
      import telos.nn.format.*;
      import telos.nn.text.*;
      import telos.tensor.*;
      public class Chapter {
        public static void main(String[] args) throws Exception {
          Path directory = Path.of(args[0]);
      """;

  private static final String FOOT =
      """
        }
      }
      """;

  @TempDir private Path folder = Path.of("");

  @Test
  void theChapterRuns() throws Exception {
    List<String> blocks = blocks();
    assertEquals(4, blocks.size());
    blocks.forEach(block -> assertTrue(block.lines().count() < 15, block));
    Path model = small(folder.resolve("model"));
    Program program = new Program(folder);
    String printed =
        program.run(program.compile(HEAD + String.join("", blocks) + FOOT), model.toString());
    assertTrue(printed.contains("logits [1, "), printed);
    assertEquals(3, printed.lines().filter(line -> line.startsWith("sample ")).count(), printed);
    List<Double> losses =
        Pattern.compile("loss (\\S+)")
            .matcher(printed)
            .results()
            .map(loss -> Double.valueOf(loss.group(1)))
            .toList();
    assertEquals(20, losses.size());
    assertTrue(losses.getLast() < 0.9 * losses.getFirst(), printed);
    assertTrue(Files.size(model.resolve("model.onnx")) > 1000);
    assertEquals(
        Pretrained.load(model).model().config(),
        Pretrained.load(model.resolve("merged")).model().config());
  }

  private static List<String> blocks() throws IOException {
    String chapter = Files.readString(Program.root().resolve("nn/README.md"));
    return Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
        .matcher(chapter)
        .results()
        .map(block -> block.group(1))
        .collect(Collectors.toList());
  }

  /// A model that knows nothing, with a tokenizer that has read a sentence.
  private static Path small(Path directory) throws IOException {
    var tokenizer = SubwordTokenizer.train(List.of("the cat sat on the mat and the cat ran"), 270);
    Gpt model =
        Gpt.init(GptConfig.llama(2, 4, 2, 32, 64, 64, tokenizer.vocabularySize()), Rng.of(3));
    var defaults = GenerationDefaults.greedy(OptionalInt.empty(), List.of(), OptionalInt.empty());
    new Pretrained(model, Optional.of(tokenizer), Optional.empty(), defaults).save(directory);
    return directory;
  }
}
