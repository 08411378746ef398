package telos.rl.environment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import telos.tensor.Rng;

/// Environments that break one rule each are caught, with a sentence about that rule.
final class EnvironmentCheckTest {
  /// A walk of at most 20 steps on a line, sound in itself; each test overrides what it breaks.
  private static class Walk implements Environment.Restorable<float[], Integer> {
    static final int LENGTH = 20;

    float[] seen = new float[2];
    boolean running;
    long seed;

    @Override
    public Space<float[]> observations() {
      return Space.Box.of(-LENGTH, LENGTH, 2);
    }

    @Override
    public Space<Integer> actions() {
      return Space.Discrete.of(2);
    }

    @Override
    public float[] reset(Rng key) {
      seed = key.integer(5);
      seen = new float[] {seed, 0};
      running = true;
      return shown();
    }

    float[] shown() {
      return seen.clone();
    }

    @Override
    public Step<float[]> step(Integer action) {
      requireRunning();
      requireAction(action);
      seen[0] = Math.clamp(seen[0] + (action == 1 ? 1 : -1), -LENGTH, LENGTH);
      seen[1]++;
      running = seen[1] < LENGTH;
      return new Step<>(shown(), reward(), !running, false, Map.of());
    }

    double reward() {
      return seen[0];
    }

    void requireRunning() {
      if (!running) {
        throw new IllegalStateException("no episode");
      }
    }

    void requireAction(Integer action) {
      actions().require("action", action);
    }

    @Override
    public State state() {
      return new State(new double[] {seen[0], seen[1]}, new long[0]);
    }

    @Override
    public float[] restore(State state) {
      double[] values = state.require(2, 0).values();
      seen = new float[] {(float) values[0], (float) values[1]};
      running = true;
      return shown();
    }
  }

  private static void caught(String sentence, Environment<?, ?> broken) {
    List<String> faults = EnvironmentCheck.of(broken).faults();
    assertTrue(faults.stream().anyMatch(f -> f.contains(sentence)), faults.toString());
  }

  @Test
  void soundOnesPass() {
    assertEquals(new EnvironmentCheck(List.of(), List.of()), EnvironmentCheck.of(new Walk()));
  }

  @Test
  void observationsOutsideTheirSpace() {
    caught(
        "number 0 is 99.0",
        new Walk() {
          @Override
          float[] shown() {
            return new float[] {99, 0};
          }
        });
    caught(
        "3 numbers instead of 2",
        new Walk() {
          @Override
          float[] shown() {
            return new float[3];
          }
        });
  }

  @Test
  void sharedObservations() {
    caught(
        "an observation changed after it was handed out",
        new Walk() {
          @Override
          float[] shown() {
            return seen;
          }
        });
  }

  @Test
  void rewardsThatAreNoNumbers() {
    caught(
        "a reward is NaN",
        new Walk() {
          @Override
          double reward() {
            return Double.NaN;
          }
        });
  }

  @Test
  void memoryOfFormerEpisodes() {
    caught(
        "equal keys and actions gave something else",
        new Walk() {
          private int steps;

          @Override
          double reward() {
            return steps++;
          }
        });
  }

  @Test
  void episodesThatGoOnAfterTheirEnd() {
    caught(
        "a step after the end of an episode was taken",
        new Walk() {
          @Override
          void requireRunning() {}
        });
  }

  @Test
  void actionsOutsideTheirSpace() {
    caught(
        "the action 2 outside of its space was taken",
        new Walk() {
          @Override
          void requireAction(Integer action) {}
        });
    caught(
        "outside of its space gave java.lang.ArrayIndexOutOfBounds",
        new Walk() {
          @Override
          void requireAction(Integer action) {
            seen[0] += new float[] {0, 0}[action];
          }
        });
  }

  @Test
  void spacesThatChange() {
    caught(
        "the spaces differ",
        new Walk() {
          private int size = 1;

          @Override
          public Space<Integer> actions() {
            return Space.Discrete.of(size++);
          }
        });
  }

  @Test
  void statesThatForget() {
    caught(
        "shows something else than was seen there",
        new Walk() {
          @Override
          public float[] restore(State state) {
            float[] shown = super.restore(state);
            shown[1] = 0;
            return shown;
          }
        });
    caught(
        "going on twice from one state gave something else",
        new Walk() {
          private double worth;

          @Override
          public float[] reset(Rng key) {
            worth = key.uniform();
            return super.reset(key);
          }

          @Override
          double reward() {
            worth = worth * 1.5 % 1;
            return worth;
          }
        });
  }

  @Test
  void statesOfAnotherSize() {
    caught(
        "a state of another size was taken",
        new Walk() {
          @Override
          public float[] restore(State state) {
            return super.restore(new State(Arrays.copyOf(state.values(), 2), new long[0]));
          }
        });
  }

  @Test
  void statesThatAreShared() {
    caught(
        "a state changed after it was handed out",
        new Walk() {
          private final double[] kept = new double[2];

          @Override
          public State state() {
            return new State(kept, new long[0]);
          }

          @Override
          double reward() {
            kept[0] = seen[0];
            kept[1] = seen[1];
            return super.reward();
          }
        });
  }

  @Test
  void closingOnlyOnce() {
    caught(
        "closing twice failed",
        new Walk() {
          private float @Nullable [] held = {};

          @Override
          public void close() {
            if (held == null) {
              throw new IllegalStateException("closed already");
            }
            held = null;
          }
        });
  }

  @Test
  void advice() {
    List<String> pendulum =
        EnvironmentCheck.of(new TimeLimit<>(new Simulation<>(new Pendulum()), 9)).advice();
    assertTrue(pendulum.getFirst().startsWith("actions in Box(-2.0 to 2.0"), pendulum.toString());
    List<String> cart = EnvironmentCheck.of(new Simulation<>(new CartPole())).advice();
    assertTrue(cart.getFirst().contains("have no useful bounds"), cart.toString());
    List<String> cliff = EnvironmentCheck.of(CliffWalking.environment(1)).advice();
    assertTrue(cliff.getFirst().startsWith("episodes do not depend on their key"));
  }

  // --- the same, refused while training ---

  private static String refused(Environment.Restorable<float[], Integer> broken, long limit) {
    Checked<float[], Integer> checked = new Checked<>(broken, limit);
    return assertThrows(
            IllegalStateException.class,
            () -> {
              checked.reset(Rng.of(1));
              while (!checked.step(1).done()) {}
            })
        .getMessage();
  }

  @Test
  void trainingRefusesWhatItMustNotTakeIn() {
    assertEquals(
        "environment: after 1 steps it gave the reward NaN; needs a finite number",
        refused(
            new Walk() {
              @Override
              double reward() {
                return Double.NaN;
              }
            },
            100));
    assertEquals(
        "environment: after 0 steps it showed what is not in its space Box(-20.0 to 20.0, shape"
            + " [2]): 3 numbers instead of 2",
        refused(
            new Walk() {
              @Override
              float[] shown() {
                return new float[3];
              }
            },
            100));
    assertEquals(
        "environment: after 19 steps it has not ended; put a TimeLimit around it",
        refused(new Walk(), 19));
    Checked<float[], Integer> sound = new Checked<>(new Walk(), 20);
    sound.reset(Rng.of(1));
    assertThrows(IllegalArgumentException.class, () -> sound.step(2));
    while (!sound.step(1).done()) {}
  }
}
