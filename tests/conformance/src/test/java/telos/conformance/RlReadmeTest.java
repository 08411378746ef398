package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The chapter on reinforcement learning shows what works: an agent that learns.
class RlReadmeTest {
  private static final String HEAD =
      """
      import java.util.function.Supplier;
      import telos.rl.*;
      import telos.rl.environment.*;
      import telos.rl.online.*;
      import telos.tensor.*;
      public class Agent {
        public static void main(String[] args) {
      """;

  private static final String FOOT =
      """
        }
      }
      """;

  @TempDir private Path folder = Path.of("");

  @Test
  void theExampleLearns() throws Exception {
    String chapter = Files.readString(Program.root().resolve("rl/README.md"));
    Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(chapter);
    assertTrue(block.find());
    Program program = new Program(folder);
    String printed = program.run(program.compile(HEAD + block.group(1) + FOOT));
    double[] returns =
        Pattern.compile("[{ ]return=([0-9.]+)")
            .matcher(printed)
            .results()
            .map(MatchResult::group)
            .mapToDouble(text -> Double.parseDouble(text.substring(text.indexOf('=') + 1)))
            .toArray();
    assertEquals(40, returns.length, printed);
    assertTrue(returns[39] > 2 * returns[0], printed);
    assertTrue(printed.contains("mean return "), printed);
  }
}
