package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TeamTest {
  private static final double SLOW = 1e9;

  @Property(tries = 200)
  void everyItemRunsOnceInTheSameChunks(
      @ForAll @IntRange(max = 1000) int length,
      @ForAll @IntRange(min = 1, max = 300) int chunk,
      @ForAll @IntRange(min = 1, max = 16) int threads) {
    List<String> expected = new ArrayList<>();
    for (int from = 0; from < length; from += chunk) {
      expected.add(from + "-" + Math.min(length, from + chunk));
    }
    int[] runs = new int[length];
    List<String> chunks = Collections.synchronizedList(new ArrayList<>());
    try (Team team = new Team(threads)) {
      team.split(
          length,
          chunk,
          SLOW,
          (from, to) -> {
            chunks.add(from + "-" + to);
            for (int i = from; i < to; i++) {
              runs[i]++;
            }
          });
    }
    chunks.sort((a, b) ->
        Integer.compare(
            Integer.parseInt(a.substring(0, a.indexOf('-'))),
            Integer.parseInt(b.substring(0, b.indexOf('-')))));
    assertEquals(expected, chunks);
    int[] once = new int[length];
    java.util.Arrays.fill(once, 1);
    assertArrayEquals(once, runs);
  }

  @Test
  void allThreadsOfTheTeamTakePart() {
    try (Team team = new Team(4)) {
      CyclicBarrier meeting = new CyclicBarrier(4);
      Set<Thread> seen = ConcurrentHashMap.newKeySet();
      team.each(
          4,
          SLOW,
          (_, _) -> {
            seen.add(Thread.currentThread());
            try {
              meeting.await(30, TimeUnit.SECONDS);
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          });
      assertEquals(4, seen.size());
      assertTrue(seen.contains(Thread.currentThread()));
    }
  }

  @Test
  void littleWorkStaysOnTheCaller() {
    try (Team team = new Team(4)) {
      Set<Thread> seen = ConcurrentHashMap.newKeySet();
      team.split(1000, 10, 1, (_, _) -> seen.add(Thread.currentThread()));
      assertEquals(Set.of(Thread.currentThread()), seen);
    }
  }

  @Test
  void theFirstFailingChunkReachesTheCallerAndTheTeamGoesOn() {
    for (int threads : new int[] {1, 2, 7, 16}) {
      try (Team team = new Team(threads)) {
        for (int round = 0; round < 50; round++) {
          var thrown =
              assertThrows(
                  ArithmeticException.class,
                  () ->
                      team.each(
                          40,
                          SLOW,
                          (from, _) -> {
                            if (from >= 11) {
                              throw new ArithmeticException("chunk " + from);
                            }
                          }));
          assertEquals("chunk 11", thrown.getMessage());
          assertFalse(Team.onKernelThread());
        }
        AtomicInteger count = new AtomicInteger();
        team.each(40, SLOW, (_, _) -> count.incrementAndGet());
        assertEquals(40, count.get());
      }
    }
  }

  @Test
  void errorsKeepTheirIdentity() {
    try (Team team = new Team(2)) {
      Error error = new OutOfMemoryError("planted");
      assertSame(
          error,
          assertThrows(
              OutOfMemoryError.class,
              () ->
                  team.each(
                      8,
                      SLOW,
                      (_, _) -> {
                        throw error;
                      })));
    }
  }

  @Test
  void kernelsCannotBeNested() {
    for (int threads : new int[] {1, 2}) {
      try (Team team = new Team(threads);
          Team other = new Team(1)) {
        assertFalse(Team.onKernelThread());
        AtomicInteger flagged = new AtomicInteger();
        team.each(8, SLOW, (_, _) -> flagged.addAndGet(Team.onKernelThread() ? 1 : 0));
        assertEquals(8, flagged.get());
        assertFalse(Team.onKernelThread());
        assertThrows(
            IllegalStateException.class,
            () -> team.each(8, SLOW, (_, _) -> other.each(1, 1, (_, _) -> {})));
      }
    }
  }

  @Test
  void manyCallersShareOneTeam() throws InterruptedException {
    try (Team team = new Team(3)) {
      AtomicInteger sum = new AtomicInteger();
      List<Thread> callers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        callers.add(
            Thread.ofPlatform()
                .start(() -> {
                  for (int round = 0; round < 500; round++) {
                    team.split(100, 7, SLOW, (from, to) -> sum.addAndGet(to - from));
                  }
                }));
      }
      for (Thread caller : callers) {
        caller.join();
      }
      assertEquals(8 * 500 * 100, sum.get());
    }
  }

  @Test
  void workersWakeAfterAPause() throws InterruptedException {
    try (Team team = new Team(2)) {
      for (int round = 0; round < 20; round++) {
        AtomicInteger count = new AtomicInteger();
        team.each(64, SLOW, (_, _) -> count.incrementAndGet());
        assertEquals(64, count.get());
        Thread.sleep(round % 4);
      }
    }
  }

  @Test
  void anInterruptedCallerStillFinishes() {
    try (Team team = new Team(2)) {
      Thread.currentThread().interrupt();
      AtomicInteger count = new AtomicInteger();
      team.each(64, SLOW, (_, _) -> count.incrementAndGet());
      assertEquals(64, count.get());
      assertTrue(Thread.interrupted(), "the interrupt is the caller's to handle");
    }
  }

  @Test
  void closeEndsTheThreads() throws InterruptedException {
    Set<Thread> seen = ConcurrentHashMap.newKeySet();
    Team team = new Team(3);
    for (int round = 0; round < 10_000 && seen.size() < 3; round++) {
      team.each(
          64,
          SLOW,
          (_, _) -> {
            seen.add(Thread.currentThread());
            java.util.concurrent.locks.LockSupport.parkNanos(10_000);
          });
    }
    assertEquals(3, seen.size());
    team.close();
    for (Thread thread : seen) {
      if (thread != Thread.currentThread()) {
        assertTrue(thread.isDaemon());
        thread.join(30_000);
        assertFalse(thread.isAlive());
      }
    }
    assertThrows(IllegalStateException.class, () -> team.each(1, 1, (_, _) -> {}));
  }

  @Test
  void sizesAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> new Team(0));
    assertThrows(IllegalArgumentException.class, () -> Team.size("zero"));
    assertThrows(IllegalArgumentException.class, () -> Team.size("0"));
    assertEquals(7, Team.size(" 7 "));
    assertEquals(Runtime.getRuntime().availableProcessors(), Team.size(null));
  }

  @Test
  void widthsAreChecked() {
    assertEquals(128, Lanes.shape("128", 512).vectorBitSize());
    assertEquals(512, Lanes.shape(null, 512).vectorBitSize());
    assertThrows(IllegalArgumentException.class, () -> Lanes.shape("512", 256));
    assertThrows(IllegalArgumentException.class, () -> Lanes.shape("64", 256));
    assertEquals(0, Lanes.LOGICAL % Lanes.WIDTH);
  }
}
