package telos.rl;

import java.util.List;
import java.util.stream.IntStream;
import telos.nn.Activation;
import telos.nn.EncoderBlock;
import telos.nn.Init;
import telos.nn.Layer;
import telos.nn.LayerNorm;
import telos.nn.Mlp;
import telos.nn.MultiHeadAttention;
import telos.nn.RecurrentCell;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// A network that remembers: what it makes of an observation depends on those before it. An episode
/// begins with a state of zeros.
public sealed interface Memory {
  /// What a step needs of the observation alone, so that it can be computed for all at once.
  ///
  /// @param observations `[B, ...]`
  /// @return `[B, I]`
  Tensor prepare(Tensor observations);

  /// The state after one more observation.
  ///
  /// @param prepared `[N, I]`
  /// @param state `[N, S]`
  Tensor advance(Tensor prepared, Tensor state);

  /// What is known in a state, `[B, S]` to `[B, D]`.
  Tensor output(Tensor state);

  /// S.
  int stateWidth();

  /// D.
  int width();

  /// The state before anything is seen, `[N, S]`.
  default Tensor start(int rows) {
    return Tensor.zeros(rows, stateWidth());
  }

  /// The states of N environments side by side, one after each of T observations: `[T N, S]`.
  ///
  /// @param observations `[T N, ...]`
  /// @param goesOn 0 where an episode begins with the observation, else 1; `[T N, 1]`
  /// @param before the state before the first of them, `[N, S]`
  default Tensor states(Tensor observations, Tensor goesOn, Tensor before) {
    int rows = before.dim(0);
    Tensor prepared = prepare(observations);
    Tensor[] states = new Tensor[observations.dim(0) / rows];
    Tensor state = before;
    for (int t = 0; t < states.length; t++) {
      int from = t * rows;
      Tensor kept = state.mul(goesOn.slice(0, from, from + rows));
      state = advance(prepared.slice(0, from, from + rows), kept);
      states[t] = state;
    }
    return Tensor.concat(0, List.of(states));
  }

  /// A recurrent cell behind a network that reads observations (Hausknecht and Stone 2015).
  ///
  /// @param reader `[B, ...]` to `[B, E]`
  record Recurrent(Layer reader, RecurrentCell cell) implements Memory {
    @Override
    public Tensor prepare(Tensor observations) {
      return cell.input().call(reader.call(observations));
    }

    @Override
    public Tensor advance(Tensor prepared, Tensor state) {
      return cell.advance(prepared, state);
    }

    @Override
    public Tensor output(Tensor state) {
      return cell.output(state);
    }

    @Override
    public int stateWidth() {
      return cell.stateWidth();
    }

    @Override
    public int width() {
      return cell.width();
    }
  }

  /// A transformer over the last K observations of the episode. The state holds what the reader
  /// made of them, the newest first, and how many there are.
  ///
  /// @param reader `[B, ...]` to `[B, D]`
  /// @param ages what is added to an observation that is so many steps old, `[K, D]`
  record Window(Layer reader, Tensor ages, List<EncoderBlock> blocks) implements Memory {
    public Window {
      blocks = List.copyOf(blocks);
    }

    /// @param length K
    /// @param width D
    /// @param heads of the attention, a divisor of D
    /// @param layers how many blocks
    public static Window init(Layer reader, int length, int width, int heads, int layers, Rng key) {
      Init init = Init.xavierUniform(1);
      return new Window(
          reader,
          Init.normal(0.02).draw(key.fold("ages"), length, width),
          IntStream.range(0, layers)
              .mapToObj(i -> block(width, heads, init, key.fold(i)))
              .toList());
    }

    private static EncoderBlock block(int width, int heads, Init init, Rng key) {
      return new EncoderBlock(
          MultiHeadAttention.init(width, width, heads, init, key.fold(0)),
          LayerNorm.init(width),
          Mlp.init(Activation.GELU, init, key.fold(1), width, 4 * width, width),
          LayerNorm.init(width));
    }

    private int length() {
      return ages.dim(0);
    }

    @Override
    public int width() {
      return ages.dim(1);
    }

    @Override
    public int stateWidth() {
      return length() * width() + 1;
    }

    @Override
    public Tensor prepare(Tensor observations) {
      return reader.call(observations);
    }

    @Override
    public Tensor advance(Tensor prepared, Tensor state) {
      int last = stateWidth() - 1;
      Tensor older = state.slice(-1, 0, last - width());
      Tensor count = state.slice(-1, last, last + 1).add(1).minimum(length());
      return Tensor.concat(-1, List.of(prepared, older, count));
    }

    @Override
    public Tensor output(Tensor state) {
      int rows = state.dim(0);
      int last = stateWidth() - 1;
      Tensor count = state.slice(-1, last, last + 1).reshape(rows).cast(DType.I32);
      Tensor seen = state.slice(-1, 0, last).reshape(Shape.of(rows, length(), width()));
      Tensor x = seen.add(ages.unsqueeze(0));
      for (EncoderBlock block : blocks) {
        x = block.call(x, count);
      }
      return x.at(1, 0);
    }
  }
}
