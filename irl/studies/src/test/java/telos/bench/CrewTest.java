package telos.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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

  /// Threads that nobody calls sleep, and wake for the next call.
  @Test
  @Timeout(30)
  void threadsThatAreNotCalledSleep() throws InterruptedException {
    var threads = new Thread[2];
    try (var crew = new Crew(2, t -> threads[t] = Thread.currentThread())) {
      for (int run = 0; run < 3; run++) {
        crew.run();
        while (threads[1].getState() != Thread.State.WAITING) {
          Thread.sleep(1);
        }
      }
    }
    threads[1].join();
  }
}
