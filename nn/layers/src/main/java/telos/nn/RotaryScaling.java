package telos.nn;

/// How the frequencies of rotary positions are changed so that a model reads more positions than it
/// was trained on. With `f_j = base^(-2j/D)` the frequency of pair `j` of a head of width `D`:
public sealed interface RotaryScaling {
  /// Position interpolation (Chen et al. 2023): `f_j / factor`.
  record Linear(double factor) implements RotaryScaling {
    public Linear {
      requireStretch("linear", factor);
    }

    @Override
    public double frequency(int j, int headWidth, double base, int length) {
      return plain(j, headWidth, base) / factor;
    }
  }

  /// Dynamic NTK-aware scaling: in a sequence of `length` positions, more than were trained, the
  /// base is multiplied by `(factor length / trained - (factor - 1))^(D / (D - 2))`.
  ///
  /// The frequencies of all positions then depend on the length of the sequence, so beyond the
  /// trained length a token's logits change with what follows it. A pass over a whole sequence uses
  /// its length; generation, whose cached keys stay as they were turned, uses for each token the
  /// length of the sequence up to it. Within the trained length the two agree to the bit, as they
  /// always do for the other kinds.
  ///
  /// @param trained positions of the sequences that were trained on
  record Dynamic(double factor, int trained) implements RotaryScaling {
    public Dynamic {
      requireStretch("dynamic", factor);
      requireTrained("dynamic", trained);
    }

    @Override
    public double frequency(int j, int headWidth, double base, int length) {
      double stretch = factor * Math.max(length, trained) / trained - (factor - 1);
      double exponent = headWidth / (headWidth - 2.0);
      return plain(j, headWidth, base * StrictMath.pow(stretch, exponent));
    }
  }

  /// The scaling of Llama 3.1 (Grattafiori et al. 2024): pairs that turn at least `high` times in
  /// the trained length keep their frequency, those that turn at most `low` times have it divided
  /// by `factor`, and between the two the frequency is interpolated linearly in the number of
  /// turns.
  ///
  /// @param low fewest turns of an interpolated pair
  /// @param high most turns of an interpolated pair
  /// @param trained positions of the sequences that were trained on
  record Llama3(double factor, double low, double high, int trained) implements RotaryScaling {
    public Llama3 {
      requireStretch("llama3", factor);
      requireTrained("llama3", trained);
      if (!(low > 0 && low < high)) {
        throw new IllegalArgumentException(
            "llama3 scaling: low " + low + " must be above 0 and below high, " + high);
      }
    }

    @Override
    public double frequency(int j, int headWidth, double base, int length) {
      double plain = plain(j, headWidth, base);
      double turns = trained * plain / (2 * Math.PI);
      double kept = Math.clamp((turns - low) / (high - low), 0, 1);
      return (1 - kept) * plain / factor + kept * plain;
    }
  }

  /// The angle by which pair `j` turns from one position to the next.
  ///
  /// @param headWidth D
  /// @param length how many positions the sequence has
  double frequency(int j, int headWidth, double base, int length);

  /// `base^(-2j/D)`.
  static double plain(int j, int headWidth, double base) {
    return StrictMath.pow(base, -2.0 * j / headWidth);
  }

  private static void requireStretch(String kind, double factor) {
    if (!(factor >= 1 && factor < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          kind + " scaling: factor " + factor + " must be 1 at least");
    }
  }

  private static void requireTrained(String kind, int trained) {
    if (trained < 1) {
      throw new IllegalArgumentException(
          kind + " scaling: " + trained + " trained positions; needs 1 at least");
    }
  }
}
