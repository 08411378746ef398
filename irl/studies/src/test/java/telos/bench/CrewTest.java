package telos.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class CrewTest {
  @Test
  void everyThreadDoesItsPartOncePerRun() {
    for (int threads = 1; threads <= 3; threads++) {
      var counts = new AtomicIntegerArray(threads);
      try (var crew = new Crew(threads, counts::incrementAndGet)) {
        for (int run = 1; run <= 50; run++) {
          crew.run();
          for (int t = 0; t < threads; t++) {
            assertEquals(run, counts.get(t));
          }
        }
      }
    }
  }
}
