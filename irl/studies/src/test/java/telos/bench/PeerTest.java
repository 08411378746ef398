package telos.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Another program beside telos, here one whose calls take as long as they are said to.
class PeerTest {
  /// Answers with a hundredth of the budget.
  static final class Hundredths {
    private Hundredths() {}

    public static void main(String[] arguments) throws IOException {
      var questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = questions.readLine(); line != null; line = questions.readLine()) {
        int space = line.indexOf(' ');
        switch (line.substring(0, space)) {
          case "row" -> System.out.println(Double.parseDouble(line.substring(space)) / 100);
          case "words" -> System.out.println("one second");
          case "end" -> System.exit(3);
          default -> System.out.println("-");
        }
      }
    }
  }

  private static Peer peer() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var classes = PeerTest.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    String main = Hundredths.class.getName();
    return Peer.start("hundredths", List.of(java, "-cp", Path.of(classes).toString(), main));
  }

  @Test
  void answersAreSecondsOrNothing() throws Exception {
    try (Peer peer = peer()) {
      assertEquals(OptionalDouble.of(0.02), peer.seconds("row", 2));
      assertEquals(OptionalDouble.empty(), peer.seconds("other", 2));
      assertTrue(peer.warm("row"));
      assertFalse(peer.warm("other"));
    }
  }

  @Test
  void turnsGiveBothSecondsAndTheirRatio() throws Exception {
    var now = new AtomicLong();
    var stopwatch = new Stopwatch(now::get, () -> 0, 2, 20, 0.25, 1);
    try (Peer peer = peer()) {
      var turns =
          stopwatch.turns(
              () -> now.addAndGet(1_000_000L), budget -> peer.seconds("row", budget).orElseThrow());
      assertEquals(1e-3, turns.seconds(), 1e-12);
      assertEquals(5e-4, turns.others(), 1e-12);
      assertEquals(2, turns.ratio(), 1e-9);
    }
  }

  @Test
  void whatIsWrongIsSaid() throws Exception {
    try (Peer peer = peer()) {
      var words = assertThrows(IllegalStateException.class, () -> peer.seconds("words", 1));
      assertTrue(words.getMessage().contains("'hundredths' answered 'one second' for words"));
      var end = assertThrows(IllegalStateException.class, () -> peer.seconds("end", 1));
      assertTrue(end.getMessage().contains("'hundredths' ended when it was asked for end"));
      assertThrows(IllegalStateException.class, () -> peer.seconds("row", 1));
    }
    var missing = assertThrows(IOException.class, () -> Peer.start("/no/such/program row"));
    assertTrue(
        missing.getMessage().startsWith("The peer '/no/such/program row' cannot be started"));
  }
}
