package telos.rl.online;

import java.util.Arrays;
import java.util.stream.IntStream;
import telos.rl.Memory;
import telos.rl.RememberingPolicy;
import telos.rl.Rollout;
import telos.tensor.DType;
import telos.tensor.Tensor;

/// Sequences of N environments side by side.
///
/// @param steps each, row `t N + n`
/// @param goesOn 0 where an episode begins, else 1; `[T N, 1]`
/// @param before the states before the first step, `[N, S]`
record Sequences(OldSteps steps, Tensor goesOn, Tensor before) {
  /// Reads a rollout once more, all that was seen after it included.
  ///
  /// @param begins whether an episode begins with what is seen after the last step, `[N]`
  static Sequences of(
      RecurrentPpo.Model model,
      Rollout rollout,
      Tensor before,
      boolean[] begins,
      Ppo.Config config) {
    boolean[] all = Arrays.copyOf(rollout.begins(), rollout.size() + begins.length);
    System.arraycopy(begins, 0, all, rollout.size(), begins.length);
    Tensor goesOn = RememberingPolicy.goesOn(all);
    Tensor states = model.memory().states(rollout.observations(), goesOn, before);
    Tensor known = model.memory().output(states);
    int size = rollout.size();
    Rollout.Values values =
        rollout.values(
            model.values(known).toDoubles(),
            lasts -> model.values(ends(model.memory(), lasts, states, rollout.ended())));
    var found = rollout.advantages(values, config.gamma(), config.lambda());
    var policy = model.actor().call(known.slice(0, 0, size), rollout.allowed());
    return new Sequences(
        new OldSteps(
            rollout.acted(),
            rollout.allowed(),
            rollout.actions(),
            policy.logProb(rollout.actions()),
            Tensor.of(values.before()).cast(DType.F32),
            Tensor.of(found.advantages()).cast(DType.F32),
            Tensor.of(found.targets()).cast(DType.F32)),
        goesOn.slice(0, 0, size),
        before);
  }

  /// What is known after the last observations of episodes.
  private static Tensor ends(Memory memory, Tensor lasts, Tensor states, boolean[] ended) {
    int[] rows = IntStream.range(0, ended.length).filter(i -> ended[i]).toArray();
    Tensor before = states.gather(0, Tensor.of(rows));
    return memory.output(memory.advance(memory.prepare(lasts), before));
  }

  /// Those of some environments.
  Sequences of(int[] chosen) {
    int environments = before.dim(0);
    int[] rows = new int[goesOn.dim(0) / environments * chosen.length];
    Arrays.setAll(rows, i -> i / chosen.length * environments + chosen[i % chosen.length]);
    Tensor at = Tensor.of(rows);
    return new Sequences(steps.rows(at), goesOn.gather(0, at), before.gather(0, Tensor.of(chosen)));
  }
}
